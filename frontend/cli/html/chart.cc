#include "frontend/cli/html/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/ticks.h"
#include "frontend/number_text.h"

namespace brine::cli {
namespace {

constexpr size_t kMostDots = 40;  // with more points, a line has no dots

// The places of the parts of a chart, in units of the drawing, which are pixels at its natural size.
struct Frame {
  double width, height, left, right, top, bottom;
  int most_x_ticks, most_y_ticks;
  size_t most_points;  // of a line; more would not be seen
};
constexpr Frame kLarge = {560, 260, 56, 24, 12, 46, 8, 6, 400}, kSmall = {270, 130, 48, 10, 8, 22, 4, 3, 120};

// Whole and tenth units are enough for a screen.
std::string Unit(double number) { return absl::StrFormat("%.5g", std::round(number * 10) / 10); }

std::string NumberText(double number) { return absl::StrFormat("%.4g", number); }

// Numbers beyond these would make axes that have no finite length.
bool CanDraw(const Point& point) { return std::abs(point.y) < 1e300 && point.x >= 0 && point.x <= 1e9; }

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void Include(double number) {
    low = std::min(low, number);
    high = std::max(high, number);
  }
  bool empty() const { return low > high; }
};

Range RangeOf(absl::Span<const Series> series, double Point::*coordinate) {
  Range range;
  for (const Series& line : series) {
    for (const Point& point : line.points) {
      if (CanDraw(point)) range.Include(point.*coordinate);
    }
  }
  return range;
}

// One axis: numbers from low to high lie from `from` to `to`.
struct Axis {
  double low, high, from, to;
  bool log = false;
  double At(double number) const {
    const auto scale = [&](double value) { return log ? std::log10(value) : value; };
    return from + (to - from) * (scale(number) - scale(low)) / (scale(high) - scale(low));
  }
};

Axis MakeAxis(Range range, double from, double to, bool log) {
  if (log) {
    const double margin = std::pow(range.high / range.low, 0.04);
    return range.high > range.low * 1.001 ? Axis{range.low / margin, range.high * margin, from, to, true}
                                          : Axis{range.low / 2, range.high * 2, from, to, true};
  }
  const double size = range.high - range.low;
  const double least = std::max(1e-9 * std::max(std::abs(range.low), std::abs(range.high)), 1e-300);
  if (size > least) return {range.low - 0.04 * size, range.high + 0.04 * size, from, to};
  const double half = range.low == 0 ? 1 : std::abs(range.low) / 2;
  return {range.low - half, range.high + half, from, to};
}

const char* StyleClass(LineStyle style) {
  return style == LineStyle::kSolid ? "" : style == LineStyle::kDashed ? " dashed" : " faint";
}

std::string ColorClass(const Series& series) { return absl::StrCat("s", series.color % kSeriesColors); }

class Drawing {
 public:
  explicit Drawing(const Chart& chart)
      : chart_(chart),
        frame_(chart.small ? kSmall : kLarge),
        x_(XAxis(RangeOf(chart.series, &Point::x))),
        y_(YAxis(RangeOf(chart.series, &Point::y))) {}

  std::string Write() {
    DrawYTicks();
    DrawXTicks();
    for (const Series& series : chart_.series) {
      if (series.style == LineStyle::kFaint) DrawLine(series);
    }
    for (const Series& series : chart_.series) {
      if (series.style != LineStyle::kFaint) DrawLine(series);
    }
    const std::string title = Escaped(chart_.title);
    return absl::StrCat("<figure class=\"chart", chart_.small ? " small" : "", "\"><figcaption>", title,
                        y_.log ? " (log scale)" : "", "</figcaption>\n<svg role=\"img\" tabindex=\"0\" aria-label=\"",
                        title, ". ", Escaped(Description()), "\" viewBox=\"0 0 ", frame_.width, " ", frame_.height,
                        "\" data-x=\"", NumberList(x_), "\" data-y=\"", NumberList(y_), "\" data-log=\"",
                        y_.log ? 1 : 0, "\" data-name=\"", Escaped(chart_.x_name), "\">\n", out_, "</svg>\n",
                        chart_.small ? "" : WriteLegend(chart_.series), "</figure>\n");
  }

 private:
  // Begins at 0, where training does.
  Axis XAxis(const Range& range) const {
    return {0, std::max(range.high, 1e-3), frame_.left, frame_.width - frame_.right};
  }
  Axis YAxis(const Range& range) const {
    return MakeAxis(range, frame_.height - frame_.bottom, frame_.top, chart_.log && range.low > 0);
  }

  static std::string NumberList(const Axis& axis) {
    return absl::StrCat(axis.low, " ", axis.high, " ", axis.from, " ", axis.to);
  }

  void Text(double x, double y, absl::string_view anchor, absl::string_view text, absl::string_view style = "") {
    absl::StrAppend(&out_, "<text x=\"", Unit(x), "\" y=\"", Unit(y), "\" text-anchor=\"", anchor, "\"",
                    style.empty() ? "" : absl::StrCat(" class=\"", style, "\""), ">", Escaped(text), "</text>\n");
  }

  void DrawYTicks() {
    const auto ticks =
        y_.log ? LogTicks(y_.low, y_.high, frame_.most_y_ticks) : LinearTicks(y_.low, y_.high, frame_.most_y_ticks);
    for (const double tick : ticks) {
      const double y = y_.At(tick);
      absl::StrAppend(&out_, "<path class=\"grid\" d=\"M", Unit(frame_.left), " ", Unit(y), "H",
                      Unit(frame_.width - frame_.right), "\"/>");
      Text(frame_.left - 6, y + 4, "end", TickLabel(tick));
    }
  }

  void DrawXTicks() {
    const double base = frame_.height - frame_.bottom;
    absl::StrAppend(&out_, "<path class=\"axis\" d=\"M", Unit(frame_.left), " ", Unit(base), "H",
                    Unit(frame_.width - frame_.right), "\"/>");
    const bool whole = chart_.steps_per_x == 0 || x_.high - x_.low >= 2;
    for (const double tick : LinearTicks(x_.low, x_.high, frame_.most_x_ticks, whole ? 1 : 0)) {
      const double x = x_.At(tick);
      absl::StrAppend(&out_, "<path class=\"axis\" d=\"M", Unit(x), " ", Unit(base), "v4\"/>");
      if (tick <= 0) continue;  // the names of the axis stand there
      Text(x, base + 17, "middle", TickLabel(tick));
      if (chart_.steps_per_x > 0) {
        Text(x, base + 31, "middle", internal::WithCommas(std::llround(tick * chart_.steps_per_x)), "steps");
      }
    }
    if (chart_.small) return;
    Text(frame_.left - 6, base + 17, "end", chart_.x_name);
    if (chart_.steps_per_x > 0) Text(frame_.left - 6, base + 31, "end", "step", "steps");
  }

  void DrawLine(const Series& series) {
    const std::vector<Point> points = Thinned(series.points, frame_.most_points);
    std::string path;
    bool pen_down = false;
    for (const Point& point : points) {
      const bool drawn = CanDraw(point);
      if (drawn) absl::StrAppend(&path, pen_down ? "L" : "M", Unit(x_.At(point.x)), " ", Unit(y_.At(point.y)));
      pen_down = drawn;
    }
    if (path.empty()) return;
    absl::StrAppend(&out_, "<path class=\"line ", ColorClass(series), StyleClass(series.style), "\" data-series=\"",
                    Escaped(series.name), "\" d=\"", path, "\"/>\n");
    if (series.style != LineStyle::kFaint && !chart_.small && points.size() <= kMostDots) {
      for (const Point& point : points) {
        if (CanDraw(point)) Circle(series, point, "dot", 2.5, "");
      }
    }
    if (series.best && *series.best < series.points.size() && CanDraw(series.points[*series.best]))
      Circle(series, series.points[*series.best], "best", 6, "best, ");
  }

  void Circle(const Series& series, const Point& point, absl::string_view kind, double radius,
              absl::string_view prefix) {
    absl::StrAppend(&out_, "<circle class=\"", kind, " ", ColorClass(series), "\" cx=\"", Unit(x_.At(point.x)),
                    "\" cy=\"", Unit(y_.At(point.y)), "\" r=\"", radius, "\"><title>", prefix, Escaped(series.name),
                    ", ", Escaped(chart_.x_name), " ", NumberText(point.x), ": ", NumberText(point.y),
                    "</title></circle>\n");
  }

  std::string Description() const {
    std::string text;
    for (const Series& series : chart_.series) {
      const auto first = std::find_if(series.points.begin(), series.points.end(), CanDraw);
      const auto last = std::find_if(series.points.rbegin(), series.points.rend(), CanDraw);
      if (first == series.points.end() || series.style == LineStyle::kFaint) continue;
      absl::StrAppend(&text, series.name, ": from ", NumberText(first->y), " at ", chart_.x_name, " ",
                      NumberText(first->x), " to ", NumberText(last->y), " at ", chart_.x_name, " ",
                      NumberText(last->x));
      if (series.best && *series.best < series.points.size()) {
        const Point& best = series.points[*series.best];
        absl::StrAppend(&text, "; ", NumberText(best.y), " at the best ", chart_.x_name, ", ", NumberText(best.x));
      }
      absl::StrAppend(&text, ". ");
    }
    return text;
  }

  const Chart& chart_;
  const Frame& frame_;
  const Axis x_, y_;
  std::string out_;
};

}  // namespace

bool NeedsLog(absl::Span<const Series> series) {
  constexpr double kManyTimes = 50;
  const Range range = RangeOf(series, &Point::y);
  return range.low > 0 && range.high > kManyTimes * range.low;
}

std::vector<Point> Thinned(absl::Span<const Point> points, size_t most) {
  if (points.size() <= most) return {points.begin(), points.end()};
  const size_t buckets = std::max<size_t>(most / 2, 2) - 1;
  std::vector<size_t> kept = {0};
  for (size_t bucket = 0; bucket < buckets; ++bucket) {
    const size_t begin = bucket * points.size() / buckets, end = (bucket + 1) * points.size() / buckets;
    size_t lowest = begin, highest = begin;
    for (size_t index = begin; index < end; ++index) {
      // A comparison with what is not finite is false, so a gap shorter than a bucket closes.
      if (!(points[lowest].y <= points[index].y)) lowest = index;
      if (!(points[highest].y >= points[index].y)) highest = index;
    }
    kept.insert(kept.end(), {std::min(lowest, highest), std::max(lowest, highest)});
  }
  kept.push_back(points.size() - 1);
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  std::vector<Point> thinned;
  for (const size_t index : kept) thinned.push_back(points[index]);
  return thinned;
}

std::string DrawChart(const Chart& chart) {
  if (RangeOf(chart.series, &Point::y).empty()) return "";
  return Drawing(chart).Write();
}

std::string WriteLegend(absl::Span<const Series> series) {
  std::string out = "<ul class=\"legend\">";
  for (const Series& line : series) {
    absl::StrAppend(&out, "<li><svg width=\"28\" height=\"10\" aria-hidden=\"true\"><path class=\"line ",
                    ColorClass(line), StyleClass(line.style), "\" d=\"M1 5H27\"/></svg>", Escaped(line.name), "</li>");
  }
  return absl::StrCat(out, "</ul>\n");
}

}  // namespace brine::cli
