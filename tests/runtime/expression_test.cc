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
