// The random numbers of the interpreter's random ops.
#ifndef BRINE_IR_OPS_RANDOM_LOOP_H_
#define BRINE_IR_OPS_RANDOM_LOOP_H_

#include <array>
#include <cmath>
#include <numbers>

#include "ir/op.h"
#include "ir/philox.h"

namespace brine::ir {

// The number of elements of a tensor for each index of its first axis.
template <typename Real>
int64_t RowElements(const Tensor<Real>& tensor) {
  return tensor.dims.empty() ? 1 : tensor.size() / tensor.dims[0];
}

// The random numbers of a node with the operands seed u32[2] and step u32[2] and the attribute id.
class RandomNumbers {
 public:
  // `numbers_per_row` is how many there are for each index of the first axis.
  template <typename Real>
  RandomNumbers(const Tensor<Real>& seed, const Tensor<Real>& step, int64_t id, int64_t numbers_per_row)
      : key_{static_cast<uint32_t>(seed.integers[0]), static_cast<uint32_t>(seed.integers[1])},
        step_(static_cast<uint32_t>(step.integers[0])),
        id_(static_cast<uint32_t>(id)),
        first_(static_cast<uint32_t>(step.integers[1] * numbers_per_row)) {}

  // The number in [0, 1) of an element of the shard, the same whenever it is asked for.
  double Uniform(int64_t element) const { return Uniforms(element)[0]; }

  // A number of the standard normal distribution (Box and Muller 1958), which has 24 bits of each of two words.
  double Normal(int64_t element) const {
    const std::array<double, 2> u = Uniforms(element);
    return std::sqrt(-2 * std::log(1 - u[0])) * std::cos(2 * std::numbers::pi * u[1]);
  }

 private:
  std::array<double, 2> Uniforms(int64_t element) const {
    const std::array<uint32_t, 4> words = Philox({first_ + static_cast<uint32_t>(element), step_, id_, 0}, key_);
    return {(words[0] >> 8) * 0x1p-24, (words[1] >> 8) * 0x1p-24};
  }

  std::array<uint32_t, 2> key_;
  uint32_t step_, id_;
  uint32_t first_;  // the number of the shard's first element in the batch
};

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_RANDOM_LOOP_H_
