// A compiled program that is written by hand: softmax regression on images, trained by Adam.  The kernels are C++ with
// the ABI of program.h, and run on a pool of their own.
#ifndef BRINE_TESTS_RUNTIME_SOFTMAX_PROGRAM_H_
#define BRINE_TESTS_RUNTIME_SOFTMAX_PROGRAM_H_

#include <vector>

#include "runtime/program.h"
#include "runtime/trainer/dataset.h"

namespace brine::testing {

inline constexpr int kPixels = 8 * 8 * 3, kClasses = 4, kBatch = 16;

// Inputs: data u8[n, 8, 8, 3], one-hot labels f32[n, 4].  Parameters: "dense/kernel" [4, 192] and "dense/bias" [4],
// with two slots of Adam each.  The gradient has noise that depends on seed and step, as that of dropout does.
extern const brine_program kSoftmaxProgram;
// The same program for data f32[n, 8, 8, 3] and labels that are class numbers.
extern const brine_program kSparseSoftmaxProgram;

// Images whose class a linear model can mostly predict.
struct Images {
  explicit Images(int count, uint64_t seed = 1);
  Dataset data() const;

  std::vector<uint8_t> pixels;
  std::vector<int32_t> labels;
};

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_SOFTMAX_PROGRAM_H_
