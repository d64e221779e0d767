#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

// m' = β₁·m + (1 − β₁)·g; v' = β₂·v + (1 − β₂)·g²; p' = p − α·m' / (√v' + ε).
Lowered LowerAdam(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  const auto& in = context.in;  // p, g, m, v, rate, beta_1, beta_2, epsilon
  const Halide::Expr g = in[1](at), beta_1 = in[5]({}), beta_2 = in[6]({});
  const Halide::Expr m = beta_1 * in[2](at) + (1.0f - beta_1) * g, v = beta_2 * in[3](at) + (1.0f - beta_2) * g * g;
  return Pure(context, {in[0](at) - in[4]({}) * m / (Halide::sqrt(v) + in[7]({})), m, v});
}

}  // namespace

const Algorithm kAdam = {&LowerAdam};

}  // namespace brine::codegen
