// The table of elementwise ops for Halide, with the rows of ir/ops/elementwise.cc.
#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// Near zero x + x³·P(x²), where 1 − 2/(e²ˣ + 1) would cancel; elsewhere the latter, with the sign of x.
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

const Algorithm kAdd = BinaryAlgorithm([](const Expr& a, const Expr& b) { return a + b; });
const Algorithm kSub = BinaryAlgorithm([](const Expr& a, const Expr& b) { return a - b; });
const Algorithm kMul = BinaryAlgorithm([](const Expr& a, const Expr& b) { return a * b; });
const Algorithm kDiv = BinaryAlgorithm([](const Expr& a, const Expr& b) { return a / b; });
const Algorithm kNeg = UnaryAlgorithm([](const Expr& x) { return -x; });
const Algorithm kExp = UnaryAlgorithm([](const Expr& x) { return Halide::exp(x); });
const Algorithm kLog = UnaryAlgorithm([](const Expr& x) { return Halide::log(x); });
const Algorithm kSqrt = UnaryAlgorithm([](const Expr& x) { return Halide::sqrt(x); });
const Algorithm kRelu = UnaryAlgorithm([](const Expr& x) { return Halide::max(x, 0.0f); });
const Algorithm kReluGrad =
    BinaryAlgorithm([](const Expr& dy, const Expr& y) { return Halide::select(y > 0.0f, dy, 0.0f); });
const Algorithm kSigmoid = UnaryAlgorithm([](const Expr& x) { return 1.0f / (1.0f + Halide::exp(-x)); });
const Algorithm kTanh = UnaryAlgorithm([](const Expr& x) { return Tanh(x); });
const Algorithm kEqual =
    BinaryAlgorithm([](const Expr& a, const Expr& b) { return Halide::select(a == b, 1.0f, 0.0f); });
const Algorithm kInTrainPhase = BinaryAlgorithm([](const Expr& x, const Expr&) { return x; });

}  // namespace brine::codegen
