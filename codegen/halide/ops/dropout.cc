#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y = 0 where the random number of the element is below the rate, else x / (1 − rate).  The operands are x, rate, seed
// and step.
Lowered LowerDropout(const LoweringContext& context) {
  const Tensor &x = context.operands[0], &rate = context.operands[1], &seed = context.operands[2],
               &step = context.operands[3];
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  const Halide::Expr element = ElementOfBatch(context, step);
  const Halide::Expr random = RandomUniform(element, seed, step, context.attributes().Int("id"));
  return LowerPure(context, {Halide::select(random < rate({}), 0.0f, x(index) / (1.0f - rate({})))});
}

}  // namespace

const Algorithm kDropout = {&LowerDropout};

}  // namespace brine::codegen
