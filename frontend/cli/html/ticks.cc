#include "frontend/cli/html/ticks.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

namespace brine::cli {
namespace {

constexpr double kTolerance = 1e-9;  // of a step, by which rounding may move a tick over the end of the axis

// The least of 1, 2, 5, 10, 20, … times a power of ten that is at least `step`.
double NiceStep(double step) {
  const double power = std::pow(10, std::floor(std::log10(step)));
  for (const double factor : {1, 2, 5}) {
    if (factor * power >= step * (1 - kTolerance)) return factor * power;
  }
  return 10 * power;
}

}  // namespace

std::vector<double> LinearTicks(double low, double high, int most, double least_step) {
  // Below this share of the magnitude, neighbouring ticks would round to the same double.
  const double finest = 1e-12 * std::max(std::abs(low), std::abs(high));
  if (!(high - low > finest)) return {low};
  const double step = NiceStep(std::max({(high - low) / most, least_step, finest}));
  std::vector<double> ticks;
  const double first = std::ceil(low / step - kTolerance), last = std::floor(high / step + kTolerance);
  for (double index = first; index <= last; ++index) ticks.push_back(index * step);
  if (static_cast<int>(ticks.size()) > most) {  // both ends are ticks
    std::vector<double> fewer;
    for (size_t index = 0; index < ticks.size(); index += 2) fewer.push_back(ticks[index]);
    return fewer;
  }
  return ticks;
}

std::vector<double> LogTicks(double low, double high, int most) {
  const int first = static_cast<int>(std::ceil(std::log10(low) - kTolerance));
  const int last = static_cast<int>(std::floor(std::log10(high) + kTolerance));
  std::vector<double> ticks;
  if (last <= first) {
    for (int exponent = first - 1; exponent <= last; ++exponent) {
      for (const double factor : {1, 2, 5}) {
        const double tick = factor * std::pow(10, exponent);
        if (tick >= low * (1 - kTolerance) && tick <= high * (1 + kTolerance)) ticks.push_back(tick);
      }
    }
    return ticks;
  }
  const int stride = (last - first) / most + 1;
  for (int exponent = first; exponent <= last; exponent += stride) ticks.push_back(std::pow(10, exponent));
  return ticks;
}

std::string TickLabel(double tick) {
  // Ten digits hide what rounding added to a multiple of a step.
  return absl::StrFormat("%.10g", tick == 0 ? 0.0 : tick);
}

}  // namespace brine::cli
