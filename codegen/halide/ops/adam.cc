#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// m' = m + a·(g − m), a = 1 − β₁; v' = v + b·(g² − v), b = 1 − β₂; p' = p − α·m' / (√v' + ε).
Lowered LowerAdam(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  const auto& in = context.in;  // p, g, m, v, rate, 1 − β₁, 1 − β₂, epsilon
  const Halide::Expr g = in[1](at), a = in[5]({}), b = in[6]({});
  const auto average = [](const Halide::Expr& before, const Halide::Expr& weight, const Halide::Expr& next) {
    return before + weight * (next - before);
  };
  const Halide::Expr m = average(in[2](at), a, g), v = average(in[3](at), b, g * g);
  return Pure(context, {in[0](at) - in[4]({}) * m / (Halide::sqrt(v) + in[7]({})), m, v});
}

}  // namespace

const Algorithm kAdam = {&LowerAdam};

}  // namespace brine::codegen
