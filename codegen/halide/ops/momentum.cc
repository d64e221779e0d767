#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// With the gradient g, the learning rate α and the momentum μ: v' = μ·v − α·g, and p' = p + v', or, with Nesterov's
// momentum, p' = p + μ·v' − α·g.  The operands are p, g, v, α and μ; the results are p' and v'.
Lowered LowerMomentum(const LoweringContext& context) {
  const std::vector<Tensor>& operands = context.operands;
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  const Halide::Expr parameter = operands[0](index), step = operands[3]({}) * operands[1](index),
                     momentum = operands[4]({});
  const Halide::Expr velocity = momentum * operands[2](index) - step;
  const bool is_nesterov = context.attributes().Bool("nesterov");
  return LowerPure(context, {is_nesterov ? parameter + momentum * velocity - step : parameter + velocity, velocity});
}

}  // namespace

const Algorithm kMomentum = {&LowerMomentum};

}  // namespace brine::codegen
