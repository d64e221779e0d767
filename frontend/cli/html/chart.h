// Line charts as SVG.
#ifndef BRINE_FRONTEND_CLI_HTML_CHART_H_
#define BRINE_FRONTEND_CLI_HTML_CHART_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace brine::cli {

struct Point {
  double x = 0, y = 0;  // x from 0 to 1e9, and y beyond neither ±1e300; any other point is a gap
};

enum class LineStyle { kSolid, kDashed, kFaint };

struct Series {
  std::string name;
  int color = 0;  // counted from 0; the style sheet repeats its kSeriesColors colours
  LineStyle style = LineStyle::kSolid;
  std::vector<Point> points;        // by ascending x
  std::optional<size_t> best = {};  // the index of the point that is marked
};

inline constexpr int kSeriesColors = 8;

struct Chart {
  std::string title;
  std::string x_name = "epoch";
  std::vector<Series> series = {};
  double steps_per_x = 0;  // if positive, a second row of labels below the axis counts steps
  bool small = false;      // one of many that lie side by side, without a legend of its own
  bool log = false;        // whether the axis is logarithmic if all numbers are positive; see NeedsLog
};

// Whether the numbers span so many powers of ten that a linear axis would hide the smaller ones.
bool NeedsLog(absl::Span<const Series> series);

// At most `most` points, which must be 4 or more, with the same outline: the first and the last point, and of each
// range between the lowest and the highest.
std::vector<Point> Thinned(absl::Span<const Point> points, size_t most);

// A figure with the chart, its title, and a legend.  For those who do not see it, a description says where each series
// begins, ends, and is marked.  Empty if no series has a finite point.
std::string DrawChart(const Chart& chart);

// The lines of a legend as an HTML list.
std::string WriteLegend(absl::Span<const Series> series);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_CHART_H_
