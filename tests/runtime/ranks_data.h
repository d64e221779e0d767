// What tests of several ranks compare, and data for them.
#ifndef BRINE_TESTS_RUNTIME_RANKS_DATA_H_
#define BRINE_TESTS_RUNTIME_RANKS_DATA_H_

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/trainer/trainer.h"

namespace brine::testing {

// The bytes of all variables.
inline std::string StateOf(Trainer& trainer) {
  std::string bytes;
  for (int32_t index = 0; index < trainer.program().variable_count; ++index) {
    bytes.append(reinterpret_cast<const char*>(brine_variable_data(trainer.state(), index)),
                 static_cast<size_t>(brine_variable_bytes(&trainer.program(), index)));
  }
  return bytes;
}

// Points of a line, for a program with two parameters, of which most ranks get no slice.
struct Line {
  std::vector<float> x, y;

  explicit Line(int points, float scale = 1) {
    for (int point = 0; point < points; ++point) {
      x.push_back(std::sin(static_cast<float>(point)));
      y.push_back(scale * (2 * x.back() - 0.5f + 0.1f * std::cos(3 * static_cast<float>(point))));
    }
  }
  Dataset data() const {
    const auto count = static_cast<int64_t>(x.size());
    return Dataset({{"x", count, std::span<const float>(x)}, {"label", count, std::span<const float>(y)}});
  }
};

// Points that a program for a line, whose weights become zero, fits with a finite loss, although the kernel's gradient
// of one point, 2 · 1e19 · 1e20, overflows.
inline Line LineWithSteepPoint(Trainer& trainer, int points, size_t point) {
  for (const int32_t variable : {0, 1}) std::memset(brine_variable_data(trainer.state(), variable), 0, sizeof(float));
  Line line(points);
  line.x[point] = 1e20f;
  line.y[point] = 1e19f;
  return line;
}

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_RANKS_DATA_H_
