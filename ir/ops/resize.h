// What resize and its gradient share.
#ifndef BRINE_IR_OPS_RESIZE_H_
#define BRINE_IR_OPS_RESIZE_H_

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ir/op.h"

namespace brine::ir {

// Checks the interpolation, and that the extents `x` and `y`, of which the attribute `name` states one, are positive
// and small enough for positions in 32 bits.
absl::Status ExpectResize(const Attributes& attributes, absl::string_view name, int64_t x, int64_t y);

std::vector<AttributeSpec> ResizeAttributes(AttributeSpec extent);

// Calls visit(from, to, weight) for each term weight·x[from] of each element y[to], by positions in C order.
template <typename Visit>
void ForEachResizeTap(const Attributes& attributes, const std::vector<int64_t>& x, const std::vector<int64_t>& y,
                      Visit visit) {
  const size_t axis = static_cast<size_t>(attributes.Int("axis"));
  const bool is_nearest = attributes.String("interpolation") == "nearest";
  int64_t outer = 1, inner = 1;
  for (size_t other = 0; other < axis; ++other) outer *= x[other];
  for (size_t other = axis + 1; other < x.size(); ++other) inner *= x[other];
  const auto add = [&](int64_t from, int64_t to, double weight) {
    for (int64_t i = 0; i < outer; ++i) {
      for (int64_t j = 0; j < inner; ++j) {
        visit(static_cast<size_t>((i * x[axis] + from) * inner + j),
              static_cast<size_t>((i * y[axis] + to) * inner + j), weight);
      }
    }
  };
  for (int64_t to = 0; to < y[axis]; ++to) {
    // The position in x, as a fraction whose denominator is 2·y[axis].
    const int64_t centre = (2 * to + 1) * x[axis], unit = 2 * y[axis];
    if (is_nearest) {
      add(centre / unit, to, 1);
      continue;
    }
    const int64_t shifted = centre - y[axis] + unit;  // + unit, so that it is not negative
    const int64_t below = shifted / unit - 1;
    const double weight = static_cast<double>(shifted % unit) / static_cast<double>(unit);
    add(std::max<int64_t>(below, 0), to, 1 - weight);
    add(std::min<int64_t>(below + 1, x[axis] - 1), to, weight);
  }
}

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_RESIZE_H_
