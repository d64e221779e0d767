#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y = tanh x: near zero x + x³·P(x²), where 1 − 2/(e²ˣ + 1) would lose all digits; elsewhere that, with the sign put
// back.
Lowered LowerTanh(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  const Expr x = context.in[0](at), z = x * x, size = Halide::abs(x);
  Expr p = Expr(-5.70498872745e-3f);
  for (float coefficient : {2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f})
    p = p * z + coefficient;
  const Expr large = 1.0f - 2.0f / (Halide::exp(2.0f * size) + 1.0f);
  return Pure(context, {Halide::select(size < 0.625f, x + x * z * p, Halide::select(x < 0.0f, -large, large))});
}

}  // namespace

const Algorithm kTanh = {&LowerTanh};

}  // namespace brine::codegen
