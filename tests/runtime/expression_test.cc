// Tests host expressions as the runtime evaluates them.
#include "runtime/core/expression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace brine::testing {
namespace {

constexpr brine_term kT = {BRINE_TERM_STEP, 0, 0};
constexpr brine_term Number(double number) { return {BRINE_TERM_CONSTANT, 0, number}; }
constexpr brine_term Input(uint16_t input) { return {BRINE_TERM_SCALAR, input, 0}; }

double Evaluate(const std::vector<brine_term>& terms, std::vector<double> scalars = {}, uint64_t steps_done = 0) {
  return brine_evaluate(terms.data(), static_cast<int32_t>(terms.size()), scalars.data(), steps_done);
}
double Apply(brine_term_kind kind, double a, double b) {
  return Evaluate({Number(a), Number(b), {static_cast<uint8_t>(kind), 0, 0}});
}

TEST(ExpressionTest, EvaluatesEveryOperation) {
  EXPECT_EQ(Apply(BRINE_TERM_ADD, 3, 0.125), 3.125);
  EXPECT_EQ(Apply(BRINE_TERM_SUB, 3, 0.125), 2.875);
  EXPECT_EQ(Apply(BRINE_TERM_MUL, 3, 0.125), 0.375);
  EXPECT_EQ(Apply(BRINE_TERM_DIV, 3, 0.125), 24);
  EXPECT_EQ(Apply(BRINE_TERM_POW, 0.125, 3), 0.001953125);
  EXPECT_EQ(Apply(BRINE_TERM_MIN, 3, 0.125), 0.125);
  EXPECT_EQ(Apply(BRINE_TERM_MAX, 3, 0.125), 3);
  EXPECT_EQ(Evaluate({Number(2), {BRINE_TERM_SQRT, 0, 0}}), std::sqrt(2));
  EXPECT_EQ(Evaluate({Number(2), {BRINE_TERM_EXP, 0, 0}}), std::exp(2));
  EXPECT_EQ(Evaluate({Number(2), {BRINE_TERM_LOG, 0, 0}}), std::log(2));
  EXPECT_EQ(Evaluate({Number(2), {BRINE_TERM_COS, 0, 0}}), std::cos(2));
  EXPECT_EQ(Evaluate({Number(-2.5), {BRINE_TERM_FLOOR, 0, 0}}), -3);
  EXPECT_EQ(Apply(BRINE_TERM_LESS, 0.125, 3), 1);
  EXPECT_EQ(Apply(BRINE_TERM_LESS, 3, 3), 0);
  EXPECT_EQ(Evaluate({Number(1), Number(5), Number(6), {BRINE_TERM_SELECT, 0, 0}}), 5);
  EXPECT_EQ(Evaluate({Number(0), Number(5), Number(6), {BRINE_TERM_SELECT, 0, 0}}), 6);
}

// Π (1 − a·qᵏ): two factors, infinitely many (Σ (−1)ⁿ·2^(−n(3n±1)/2) by Euler's pentagonal theorem), and operands
// outside the domain.
TEST(ExpressionTest, MultipliesTheFactorsOfAQPochhammerSymbol) {
  const auto product = [](double a, double q, double n) {
    return Evaluate({Number(a), Number(q), Number(n), {BRINE_TERM_Q_POCHHAMMER, 0, 0}});
  };
  EXPECT_EQ(product(0.5, 0.25, 2), 0.5 * 0.875);
  EXPECT_EQ(product(0.5, 0.25, 0), 1);
  EXPECT_NEAR(
      product(0.5, 0.5, 1e300),
      1 - 0x1p-1 - 0x1p-2 + 0x1p-5 + 0x1p-7 - 0x1p-12 - 0x1p-15 + 0x1p-22 + 0x1p-26 - 0x1p-35 - 0x1p-40 + 0x1p-51,
      1e-15);
  for (const auto& [a, q] : {std::pair(1.5, 0.5), {0.5, 1.0}, {0.5, -0.5}, {double{NAN}, 0.5}})
    EXPECT_TRUE(std::isnan(product(a, q, 3))) << a << " " << q;
}

TEST(ExpressionTest, ScalarsAreDoublesAndTheFirstStepIsOne) {
  EXPECT_EQ(Evaluate({Number(1), Input(1), {BRINE_TERM_SUB, 0, 0}}, {0, 0.999}), 1 - 0.999);
  EXPECT_EQ(Evaluate({kT}), 1);
  EXPECT_EQ(Evaluate({kT}, {}, uint64_t{1} << 33), 0x1p33 + 1);
}

// 1 − (2 − (3 − …)): all numbers are on the stack before the first operation.
TEST(ExpressionTest, AnExpressionOfAllTermsFitsTheStack) {
  constexpr int kNumbers = BRINE_MAX_TERMS / 2;
  std::vector<brine_term> terms;
  for (int number = 1; number <= kNumbers; ++number) terms.push_back(Number(number));
  for (int number = 1; number < kNumbers; ++number) terms.push_back({BRINE_TERM_SUB, 0, 0});
  EXPECT_EQ(Evaluate(terms), -kNumbers / 2);
}

}  // namespace
}  // namespace brine::testing
