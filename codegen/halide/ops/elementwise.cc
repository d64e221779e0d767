// The elementwise ops as Halide formulas, with the same rows as ir/ops/elementwise.cc.
#include <cmath>
#include <initializer_list>
#include <optional>

#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// The polynomial in x with these coefficients, that of the highest power first.
Expr Polynomial(const Expr& x, std::initializer_list<float> coefficients) {
  Expr sum;
  for (float coefficient : coefficients) sum = sum.defined() ? sum * x + coefficient : Expr(coefficient);
  return sum;
}

// The odd function with these values for x ≥ 0.
Expr Odd(const Expr& x, const Expr& value) { return Halide::select(x < 0.0f, -value, value); }

// Whether x is NaN, by its bits.  Fast-math lets the compiler assume that a number that it computes itself is none, and
// then Halide::is_nan is false.
Expr IsNan(const Expr& x) {
  return (Halide::reinterpret<uint32_t>(x) & Halide::Internal::make_const(Halide::UInt(32), 0x7fffffff)) >
         Halide::Internal::make_const(Halide::UInt(32), 0x7f800000);
}

// eˣ.  Halide::exp converts x / ln 2 to an integer, which wraps around from 1.5e9 on, and makes 0 of NaN.  From 89 on,
// eˣ is infinite.
Expr Exp(const Expr& x) { return Halide::select(IsNan(x), x, Halide::exp(Halide::min(x, 89.0f))); }

// tanh x = sign(x)·(1 − 2 / (e^(2|x|) + 1)).  Near 0 this formula loses digits by cancellation, so there it is the
// polynomial x + x³·P(x²).
Expr Tanh(const Expr& x) {
  const Expr square = x * x, magnitude = Halide::abs(x);
  const Expr polynomial = Polynomial(
      square, {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f});
  const Expr large = 1.0f - 2.0f / (Exp(2.0f * magnitude) + 1.0f);
  return Halide::select(magnitude < 0.625f, x + x * square * polynomial, Odd(x, large));
}

// erf x = x + x·P(x²) near 0, and sign(x)·(1 − e^Q(|x|)) elsewhere.  From 4 on, erf rounds to 1.  The coefficients are
// those of tests/reference/fit_erf.py; the polynomials alone are wrong by a quarter of 2⁻²⁴ at most.
Expr Erf(const Expr& x) {
  const Expr magnitude = Halide::min(Halide::abs(x), 4.0f);
  const Expr p =
      Polynomial(x * x, {-0.00059908547f, 0.00499318028f, -0.0267666169f, 0.112818159f, -0.376124948f, 0.128379151f});
  const Expr q = Polynomial(magnitude, {0.000195721004f, -0.0030410965f, 0.0222184658f, -0.103914052f, -0.637202263f,
                                        -1.12766373f, -0.000198549809f});
  return Halide::select(magnitude < 0.921875f, x + x * p, Odd(x, 1.0f - Exp(q)));
}

// eˣ − 1 for x ≤ 0.  The difference loses digits near 0, so there it is x + x²·(1/2! + x/3! + … + x⁶/8!), which is
// wrong by 2⁻²⁶ at most.
Expr Expm1OfNegative(const Expr& x) {
  const Expr series = Polynomial(x, {1.0f / 40320, 1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 1.0f / 2});
  return Halide::select(x > -0.5f, x + x * x * series, Exp(x) - 1.0f);
}

// max(x, 0) + ln(1 + e), where e = e^(−|x|).  The logarithm is 2·artanh s = 2·(s + s³/3 + s⁵/5 + …), s = e / (2 + e).
// Since s ≤ 1/3, the terms up to s¹³ give it to 2⁻²⁶.
Expr Softplus(const Expr& x) {
  const Expr e = Exp(-Halide::abs(x)), s = e / (2.0f + e), square = s * s;
  const Expr series = Polynomial(square, {1.0f / 13, 1.0f / 11, 1.0f / 9, 1.0f / 7, 1.0f / 5, 1.0f / 3});
  return Halide::max(x, 0.0f) + 2.0f * (s + s * square * series);
}

// Whether the tensor is a constant so far from 1 that its cube may leave the range of floats.
bool IsFarFromOne(const Tensor& tensor) {
  constexpr double kLimit = 0x1p40;
  if (tensor.func.outputs() != 1) return false;  // a constant is no element of a Tuple
  const std::optional<double> number = Halide::Internal::as_const_float(tensor.func.value());
  return number && *number != 0 && !(std::abs(*number) < kLimit && std::abs(*number) > 1 / kLimit);
}

// The algorithm of a product or a quotient.  Where an op after it squares or cubes its result, the simplifiers of
// Halide and LLVM multiply the constants, (c·x)³ = c³·x³, unless the product is a strict one.
template <typename Formula>
Algorithm ProductAlgorithm(Formula) {
  return {[](const LoweringContext& context) {
    const auto strict = [](const Expr& a, const Expr& b) { return Halide::strict_float(Formula{}(a, b)); };
    const bool is_far = IsFarFromOne(context.operands[0]) || IsFarFromOne(context.operands[1]);
    return (is_far ? BinaryAlgorithm(strict) : BinaryAlgorithm(Formula{})).lower(context);
  }};
}

}  // namespace

const Algorithm kAdd = BinaryAlgorithm([](const Expr& a, const Expr& b) { return a + b; });
const Algorithm kSub = BinaryAlgorithm([](const Expr& a, const Expr& b) { return a - b; });
const Algorithm kMul = ProductAlgorithm([](const Expr& a, const Expr& b) { return a * b; });
const Algorithm kDiv = ProductAlgorithm([](const Expr& a, const Expr& b) { return a / b; });
const Algorithm kNeg = UnaryAlgorithm([](const Expr& x) { return -x; });
const Algorithm kExp = UnaryAlgorithm([](const Expr& x) { return Exp(x); });
const Algorithm kLog = UnaryAlgorithm([](const Expr& x) { return Halide::log(x); });
const Algorithm kSqrt = UnaryAlgorithm([](const Expr& x) { return Halide::sqrt(x); });
const Algorithm kSin = UnaryAlgorithm([](const Expr& x) { return Halide::sin(x); });
const Algorithm kCos = UnaryAlgorithm([](const Expr& x) { return Halide::cos(x); });
const Algorithm kErf = UnaryAlgorithm([](const Expr& x) { return Erf(x); });
const Algorithm kAbs = UnaryAlgorithm([](const Expr& x) { return Halide::abs(x); });
const Algorithm kSign =
    UnaryAlgorithm([](const Expr& x) { return Halide::select(x > 0.0f, 1.0f, Halide::select(x < 0.0f, -1.0f, x)); });
const Algorithm kMinimum = BinaryAlgorithm([](const Expr& a, const Expr& b) { return Halide::min(a, b); });
const Algorithm kMaximum = BinaryAlgorithm([](const Expr& a, const Expr& b) { return Halide::max(a, b); });
const Algorithm kGreater =
    BinaryAlgorithm([](const Expr& a, const Expr& b) { return Halide::select(a > b, 1.0f, 0.0f); });
const Algorithm kSelect = TernaryAlgorithm(
    [](const Expr& condition, const Expr& a, const Expr& b) { return Halide::select(condition > 0.0f, a, b); });
const Algorithm kRelu = UnaryAlgorithm([](const Expr& x) { return Halide::max(x, 0.0f); });
const Algorithm kReluGrad =
    BinaryAlgorithm([](const Expr& dy, const Expr& y) { return Halide::select(y > 0.0f, dy, 0.0f); });
const Algorithm kClippedRelu =
    BinaryAlgorithm([](const Expr& x, const Expr& max_value) { return Halide::min(Halide::max(x, 0.0f), max_value); });
const Algorithm kLeakyRelu =
    BinaryAlgorithm([](const Expr& x, const Expr& slope) { return Halide::select(x > 0.0f, x, slope * x); });
const Algorithm kElu = BinaryAlgorithm(
    [](const Expr& x, const Expr& alpha) { return Halide::select(x > 0.0f, x, alpha * Expm1OfNegative(x)); });
const Algorithm kSoftplus = UnaryAlgorithm([](const Expr& x) { return Softplus(x); });
const Algorithm kSigmoid = UnaryAlgorithm([](const Expr& x) { return 1.0f / (1.0f + Exp(-x)); });
const Algorithm kTanh = UnaryAlgorithm([](const Expr& x) { return Tanh(x); });
const Algorithm kEqual =
    BinaryAlgorithm([](const Expr& a, const Expr& b) { return Halide::select(a == b, 1.0f, 0.0f); });
const Algorithm kStopGradient = UnaryAlgorithm([](const Expr& x) { return x; });
const Algorithm kInTrainPhase = BinaryAlgorithm([](const Expr& x, const Expr&) { return x; });

}  // namespace brine::codegen
