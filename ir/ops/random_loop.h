// The random numbers of the interpreter's random ops.
#ifndef BRINE_IR_OPS_RANDOM_LOOP_H_
#define BRINE_IR_OPS_RANDOM_LOOP_H_

#include "ir/op.h"
#include "ir/philox.h"

namespace brine::ir {

// The random numbers of a node with the operands seed u32[2] and step u32[] and the attribute id.
class RandomNumbers {
 public:
  template <typename Real>
  RandomNumbers(const Tensor<Real>& seed, const Tensor<Real>& step, int64_t id)
      : key_{static_cast<uint32_t>(seed.integers[0]), static_cast<uint32_t>(seed.integers[1])},
        step_(static_cast<uint32_t>(step.integers[0])),
        id_(static_cast<uint32_t>(id)) {}

  // The number in [0, 1) of an element, the same whenever it is asked for.
  double Uniform(int64_t element) const { return PhiloxUniform({static_cast<uint32_t>(element), step_, id_, 0}, key_); }

 private:
  std::array<uint32_t, 2> key_;
  uint32_t step_, id_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_RANDOM_LOOP_H_
