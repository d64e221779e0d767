// Where an axis has its ticks, and how they are labelled.
#ifndef BRINE_FRONTEND_CLI_HTML_TICKS_H_
#define BRINE_FRONTEND_CLI_HTML_TICKS_H_

#include <string>
#include <vector>

namespace brine::cli {

// Multiples of 1, 2 or 5 times a power of ten from `low` to `high`, at most `most` of them, which must be 2 or more.
// `least_step` bounds their distance from below: 1 for ticks at whole numbers.  One tick if `low` equals `high`.
std::vector<double> LinearTicks(double low, double high, int most, double least_step = 0);

// Powers of ten from `low` to `high`, which must be positive, at most `most` of them; if fewer than two lie between,
// 1, 2 and 5 times powers of ten.
std::vector<double> LogTicks(double low, double high, int most);

std::string TickLabel(double tick);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_TICKS_H_
