#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// cos 2πu for u in [0, 1).  It is sin 2πp for p = |u − ½| − ¼, which is exact and within [−¼, ¼], by the series of the
// sine up to (2πp)¹³, which is wrong by 2⁻³⁰ at most.
Expr CosOfTurns(const Expr& u) {
  const Expr p = Halide::abs(u - 0.5f) - 0.25f, angle = 6.28318530717958648f * p, square = angle * angle;
  Expr series = Expr(1.0f / 6227020800.0f);
  for (float factorial : {-39916800.0f, 362880.0f, -5040.0f, 120.0f, -6.0f})
    series = series * square + 1.0f / factorial;
  return angle + angle * square * series;
}

// y[e] = √(−2 ln (1 − u₀))·cos 2πu₁.  The operands are seed and step.
Lowered LowerRandomNormal(const LoweringContext& context) {
  const Expr element = ElementOfBatch(context, context.operands[1]);
  const std::array<Expr, 2> u =
      RandomUniforms(element, context.operands[0], context.operands[1], context.attributes().Int("id"));
  return LowerPure(context, {Halide::sqrt(-2.0f * Halide::log(1.0f - u[0])) * CosOfTurns(u[1])});
}

}  // namespace

const Algorithm kRandomNormal = {&LowerRandomNormal};

}  // namespace brine::codegen
