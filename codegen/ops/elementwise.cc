// The table of elementwise ops, for Halide: the rows of ir/ops/elementwise.cc.
#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y = formula(x)
template <typename Formula>
Algorithm Unary(Formula) {
  return {[](const LoweringContext& context) {
    return Pure(context, {Formula{}(context.in[0](ToIndex(Axes(context.out[0].rank()))))});
  }};
}

// y = formula(a, b) with broadcasting
template <typename Formula>
Algorithm Binary(Formula) {
  return {[](const LoweringContext& context) {
    const Index at = ToIndex(Axes(context.out[0].rank()));
    const Tensor &a = context.in[0], &b = context.in[1];
    return Pure(context, {Formula{}(a(Broadcast(a.type, at)), b(Broadcast(b.type, at)))});
  }};
}

// Near zero x + x³·P(x²), where 1 − 2/(e²ˣ + 1) would lose all digits; elsewhere that, with the sign put back.
Expr Tanh(const Expr& x) {
  const Expr z = x * x, size = Halide::abs(x);
  Expr p = Expr(-5.70498872745e-3f);
  for (float coefficient : {2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f}) {
    p = p * z + coefficient;
  }
  const Expr large = 1.0f - 2.0f / (Halide::exp(2.0f * size) + 1.0f);
  return Halide::select(size < 0.625f, x + x * z * p, Halide::select(x < 0.0f, -large, large));
}

}  // namespace

const Algorithm kAdd = Binary([](const Expr& a, const Expr& b) { return a + b; });
const Algorithm kSub = Binary([](const Expr& a, const Expr& b) { return a - b; });
const Algorithm kMul = Binary([](const Expr& a, const Expr& b) { return a * b; });
const Algorithm kDiv = Binary([](const Expr& a, const Expr& b) { return a / b; });
const Algorithm kNeg = Unary([](const Expr& x) { return -x; });
const Algorithm kExp = Unary([](const Expr& x) { return Halide::exp(x); });
const Algorithm kLog = Unary([](const Expr& x) { return Halide::log(x); });
const Algorithm kRelu = Unary([](const Expr& x) { return Halide::max(x, 0.0f); });
const Algorithm kReluGrad = Binary([](const Expr& dy, const Expr& y) { return Halide::select(y > 0.0f, dy, 0.0f); });
const Algorithm kSigmoid = Unary([](const Expr& x) { return 1.0f / (1.0f + Halide::exp(-x)); });
const Algorithm kTanh = Unary([](const Expr& x) { return Tanh(x); });
const Algorithm kEqual = Binary([](const Expr& a, const Expr& b) { return Halide::select(a == b, 1.0f, 0.0f); });

}  // namespace brine::codegen
