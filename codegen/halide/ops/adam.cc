#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// With the gradient g and the learning rate α:
//   m' = m + (1 − β₁)·(g − m)
//   v' = v + (1 − β₂)·(g² − v)
//   p' = p − α·m' / (√v' + ε)
// The operands are p, g, m, v, α, 1 − β₁, 1 − β₂ and ε; the results are p', m' and v'.
Lowered LowerAdam(const LoweringContext& context) {
  const std::vector<Tensor>& operands = context.operands;
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  const Halide::Expr parameter = operands[0](index), gradient = operands[1](index), rate = operands[4]({}),
                     m_weight = operands[5]({}), v_weight = operands[6]({}), epsilon = operands[7]({});
  const auto moving_average = [](const Halide::Expr& average, const Halide::Expr& weight, const Halide::Expr& next) {
    return average + weight * (next - average);
  };
  const Halide::Expr m = moving_average(operands[2](index), m_weight, gradient),
                     v = moving_average(operands[3](index), v_weight, gradient * gradient);
  return LowerPure(context, {parameter - rate * m / (Halide::sqrt(v) + epsilon), m, v});
}

}  // namespace

const Algorithm kAdam = {&LowerAdam};

}  // namespace brine::codegen
