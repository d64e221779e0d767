// A compiled program written by hand: softmax regression on images, trained by Adam, with kernels in plain C++ behind
// the ABI of program.h that run on a pool of their own.
#ifndef BRINE_TESTS_RUNTIME_SOFTMAX_PROGRAM_H_
#define BRINE_TESTS_RUNTIME_SOFTMAX_PROGRAM_H_

#include <vector>

#include "runtime/program.h"
#include "runtime/trainer/dataset.h"

namespace brine::testing {

inline constexpr int kPixels = 8 * 8 * 3, kClasses = 4, kBatch = 16;

// Inputs: data u8[n, 8, 8, 3], labels one-hot f32[n, 4].  Parameters "dense/kernel" (4 rows of 192) and "dense/bias",
// two Adam slots each. The gradient holds noise of (seed, step), as dropout does.
extern const brine_program kSoftmaxProgram;
// The same for samples of f32 and labels that are class numbers.
extern const brine_program kSparseSoftmaxProgram;

// Images whose class can be told from them by a linear model, mostly.
struct Images {
  explicit Images(int count, uint64_t seed = 1);
  Dataset data() const;

  std::vector<uint8_t> pixels;
  std::vector<int32_t> labels;
};

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_SOFTMAX_PROGRAM_H_
