// Compares the ops that have no window and are not random with results that were computed by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/ops/op_test_util.h"

namespace brine::ir {
namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();
const double kInfinity = std::numeric_limits<double>::infinity();

struct Row {
  const Op* op;
  std::vector<Tensor<double>> inputs;
  Attributes attributes;
  std::vector<Floats> wanted;  // one list for each result
};

void ExpectClose(const std::vector<double>& got, const std::vector<double>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(wanted[i]))
      EXPECT_TRUE(std::isnan(got[i])) << "element " << i << " is " << got[i];
    else if (std::isinf(wanted[i]))
      EXPECT_EQ(got[i], wanted[i]) << "element " << i;
    else
      EXPECT_NEAR(got[i], wanted[i], 1e-15 * (1 + std::abs(wanted[i]))) << "element " << i;
  }
}

TEST(Forward, OpsAgreeWithResultsComputedByHand) {
  const auto t = [](const char* type, Floats values) { return TensorOf(type, values); };
  const Tensor<double> square = t("f32[2,2]", {1, 2, 3, 4}), wide = t("f32[2,3]", {1, 2, 3, 4, 5, 6}),
                       row = t("f32[3]", {10, 20, 30});
  const Tensor<double> half = t("f32[]", {0.5}), tenth = t("f32[]", {0.125}), quarter = t("f32[]", {0.25});
  const Tensor<double> one = t("f32[1]", {1}), two = t("f32[1]", {2}), four = t("f32[1]", {4}), nine = t("f32[1]", {9});
  const std::vector<Row> rows = {
      {&kConstant, {}, {{"dtype", "f32"}, {"shape", Ints{2, 2}}, {"values", Floats{0.1}}}, {{0.1, 0.1, 0.1, 0.1}}},
      {&kConstant, {}, {{"dtype", "u32"}, {"shape", Ints{2}}, {"values", Floats{0, 4294967295}}}, {{0, 4294967295}}},
      {&kConstant, {}, {{"dtype", "f32"}, {"shape", Ints{}}, {"values", Floats{-kInfinity}}}, {{-kInfinity}}},
      {&kMeanOverShards, {wide}, {}, {{1, 2, 3, 4, 5, 6}}},
      {&kReshape, {wide}, {{"shape", Ints{3, 2}}}, {{1, 2, 3, 4, 5, 6}}},
      {&kReshape, {t("u8[2]", {7, 8})}, {{"shape", Ints{1, 2, 1}}}, {{7, 8}}},
      {&kBroadcast, {row}, {{"shape", Ints{2, 3}}}, {{10, 20, 30, 10, 20, 30}}},
      {&kBroadcast, {t("i32[2,1]", {1, 2})}, {{"shape", Ints{2, 2, 2}}}, {{1, 1, 2, 2, 1, 1, 2, 2}}},
      {&kCast, {t("u8[2]", {0, 255})}, {{"to", "f32"}}, {{0, 255}}},
      {&kCast, {t("f32[4]", {1.9, -1.9, kNaN, 1e300})}, {{"to", "i32"}}, {{1, -1, 0, 0}}},
      {&kCast, {t("i32[2]", {-1, 257})}, {{"to", "u8"}}, {{255, 1}}},
      {&kCast, {t("u32[1]", {4294967295})}, {{"to", "i32"}}, {{-1}}},
      {&kAdd, {wide, row}, {}, {{11, 22, 33, 14, 25, 36}}},
      {&kSub, {row, wide}, {}, {{9, 18, 27, 6, 15, 24}}},
      {&kSub, {t("f32[2,1]", {1, 2}), t("f32[1,2]", {10, 20})}, {}, {{-9, -19, -8, -18}}},
      {&kMul, {half, wide}, {}, {{0.5, 1, 1.5, 2, 2.5, 3}}},
      {&kDiv, {square, t("f32[2,1]", {2, 0})}, {}, {{0.5, 1, kInfinity, kInfinity}}},
      {&kNeg, {t("f32[2]", {1, -2})}, {}, {{-1, 2}}},
      {&kExp, {t("f32[3]", {0, 1, -kInfinity})}, {}, {{1, 2.718281828459045, 0}}},
      {&kLog, {t("f32[4]", {1, 2.718281828459045, 0, -1})}, {}, {{0, 1, -kInfinity, kNaN}}},
      {&kSqrt, {t("f32[3]", {4, 0, -1})}, {}, {{2, 0, kNaN}}},
      {&kSin, {t("f32[3]", {0, 1.5707963267948966, -100})}, {}, {{0, 1, 0.5063656411097588}}},
      {&kCos, {t("f32[3]", {0, 3.141592653589793, -100})}, {}, {{1, -1, 0.8623188722876839}}},
      {&kErf,
       {t("f32[5]", {0, 0.5, -2, kInfinity, kNaN})},
       {},
       {{0, 0.5204998778130465, -0.9953222650189527, 1, kNaN}}},
      {&kAbs, {t("f32[4]", {-2, 3, -kInfinity, kNaN})}, {}, {{2, 3, kInfinity, kNaN}}},
      {&kSign, {t("f32[5]", {-2, 0, 1e-300, kInfinity, kNaN})}, {}, {{-1, 0, 1, 1, kNaN}}},
      {&kMinimum, {t("f32[4]", {1, 3, kNaN, 2}), t("f32[4]", {2, 2, 2, kNaN})}, {}, {{1, 2, kNaN, kNaN}}},
      {&kMinimum, {t("f32[2,1]", {1, 3}), t("f32[2]", {2, 0})}, {}, {{1, 0, 2, 0}}},
      {&kMaximum, {t("f32[4]", {1, 3, kNaN, 2}), t("f32[4]", {2, 2, 2, kNaN})}, {}, {{2, 3, kNaN, kNaN}}},
      {&kMaximum, {t("f32[2]", {-kInfinity, kInfinity}), t("f32[]", {0})}, {}, {{0, kInfinity}}},
      {&kGreater, {t("f32[5]", {1, 2, 3, kNaN, 2}), t("f32[5]", {2, 2, 2, 2, kNaN})}, {}, {{0, 0, 1, 0, 0}}},
      {&kSelect,
       {t("f32[4]", {-1, 0, 1, kNaN}), t("f32[4]", {kNaN, kInfinity, 3, 4}), t("f32[4]", {5, 6, kNaN, 8})},
       {},
       {{5, 6, 3, 8}}},
      {&kSelect, {t("f32[2,1]", {1, 0}), t("f32[]", {7}), t("f32[3]", {1, 2, 3})}, {}, {{7, 7, 7, 1, 2, 3}}},
      {&kRelu, {t("f32[4]", {-1, 0, 2, kNaN})}, {}, {{0, 0, 2, kNaN}}},
      {&kReluGrad, {t("f32[4]", {1, 2, 3, kNaN}), t("f32[4]", {0, 5, kNaN, 1})}, {}, {{0, 2, 0, kNaN}}},
      {&kClippedRelu, {t("f32[6]", {-1, 0, 2, 6, 7, kNaN}), t("f32[]", {6})}, {}, {{0, 0, 2, 6, 6, kNaN}}},
      {&kLeakyRelu, {t("f32[4]", {-2, 0, 2, kNaN}), t("f32[]", {0.25})}, {}, {{-0.5, 0, 2, kNaN}}},
      {&kElu,
       {t("f32[6]", {-1, -1e-9, 0, 2, -kInfinity, kNaN}), t("f32[]", {2})},
       {},
       {{-1.2642411176571153, -1.999999999e-9, 0, 2, -2, kNaN}}},
      {&kSoftplus,
       {t("f32[6]", {0, 1, -40, 1000, -1000, kNaN})},
       {},
       {{std::log(2), 1.3132616875182228, 4.248354255291589e-18, 1000, 0, kNaN}}},
      {&kSigmoid, {t("f32[3]", {0, 1000, -1000})}, {}, {{0.5, 1, 0}}},
      {&kTanh, {t("f32[3]", {0, 1000, 0.5})}, {}, {{0, 1, 0.46211715726000976}}},
      {&kInTrainPhase, {t("f32[2]", {1, 2}), t("f32[2]", {3, 4})}, {}, {{1, 2}}},
      {&kStopGradient, {t("f32[2]", {1, kNaN})}, {}, {{1, kNaN}}},
      {&kEqual, {t("i32[3]", {1, 2, 3}), t("i32[3]", {1, 3, 3})}, {}, {{1, 0, 1}}},
      {&kConcatenate, {wide, square, wide}, {{"axis", int64_t{1}}}, {{1, 2, 3, 1, 2, 1, 2, 3, 4, 5, 6, 3, 4, 4, 5, 6}}},
      {&kConcatenate, {t("u8[1,2]", {7, 8}), t("u8[2,2]", {1, 2, 3, 4})}, {{"axis", int64_t{0}}}, {{7, 8, 1, 2, 3, 4}}},
      {&kSlice, {wide}, {{"begin", Ints{0, 1}}, {"shape", Ints{2, 2}}}, {{2, 3, 5, 6}}},
      {&kSlice,
       {t("i32[2,2,2]", {1, 2, 3, 4, 5, 6, 7, 8})},
       {{"begin", Ints{0, 1, 1}}, {"shape", Ints{2, 1, 1}}},
       {{4, 8}}},
      {&kPad, {square}, {{"begin", Ints{1, 0}}, {"shape", Ints{4, 3}}}, {{0, 0, 0, 1, 2, 0, 3, 4, 0, 0, 0, 0}}},
      {&kPad, {t("u8[2]", {7, 8})}, {{"begin", Ints{2}}, {"shape", Ints{5}}}, {{0, 0, 7, 8, 0}}},
      {&kPad, {t("f32[1]", {kNaN})}, {{"begin", Ints{1}}, {"shape", Ints{3}}}, {{0, kNaN, 0}}},
      // The centres of four elements lie at −¼, ¼, ¾ and 1¼ of two.
      {&kResize, {t("f32[2]", {0, 4})}, {{"axis", int64_t{0}}, {"size", int64_t{4}}}, {{0, 1, 3, 4}}},
      {&kResize, {t("f32[4]", {0, 1, 2, 5})}, {{"axis", int64_t{0}}, {"size", int64_t{2}}}, {{0.5, 3.5}}},
      {&kResize, {t("f32[1,2]", {3, 7})}, {{"axis", int64_t{0}}, {"size", int64_t{2}}}, {{3, 7, 3, 7}}},
      {&kResize,
       {t("u8[3]", {7, 8, 9})},
       {{"axis", int64_t{0}}, {"size", int64_t{5}}, {"interpolation", "nearest"}},
       {{7, 7, 8, 9, 9}}},
      {&kResizeGrad, {t("f32[4]", {1, 1, 1, 1})}, {{"axis", int64_t{0}}, {"extent", int64_t{2}}}, {{2, 2}}},
      {&kResizeGrad, {t("f32[4]", {0, 4, 0, 8})}, {{"axis", int64_t{0}}, {"extent", int64_t{2}}}, {{3, 9}}},
      {&kResizeGrad,
       {t("f32[5]", {1, 2, 4, 8, 16})},
       {{"axis", int64_t{0}}, {"extent", int64_t{3}}, {"interpolation", "nearest"}},
       {{3, 4, 24}}},
      {&kTranspose, {wide}, {{"permutation", Ints{1, 0}}}, {{1, 4, 2, 5, 3, 6}}},
      {&kTranspose,
       {t("i32[2,2,2]", {1, 2, 3, 4, 5, 6, 7, 8})},
       {{"permutation", Ints{1, 2, 0}}},
       {{1, 5, 2, 6, 3, 7, 4, 8}}},
      {&kReduceSum, {wide}, {{"axes", Ints{0}}}, {{5, 7, 9}}},
      {&kReduceSum, {wide}, {{"axes", Ints{1}}, {"keep_dims", true}}, {{6, 15}}},
      {&kReduceSum, {t("f32[2,2,2]", {1, 2, 3, 4, 5, 6, 7, 8})}, {{"axes", Ints{0, 2}}}, {{14, 22}}},
      {&kArgmax, {t("f32[4,3]", {1, 3, 2, 4, 4, 1, 1, kNaN, kNaN, kNaN, 9, 9})}, {}, {{1, 0, 1, 0}}},
      {&kOneHot, {t("i32[4]", {0, 2, 3, -1})}, {{"classes", int64_t{3}}}, {{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}}},
      {&kSoftmax,
       {t("f32[4,2]", {1000, 1000, 0, std::log(3), kNaN, 0, -2000, 0})},
       {},
       {{0.5, 0.5, 0.25, 0.75, kNaN, kNaN, 0, 1}}},
      {&kLogSoftmax, {t("f32[2,2]", {-1000, 1000, 0, 0})}, {}, {{-2000, 0, -std::log(2), -std::log(2)}}},
      {&kMatmul, {wide, t("f32[3,2]", {1, 0, 0, 1, 1, 1})}, {}, {{4, 5, 10, 11}}},
      {&kMatmul, {wide, t("f32[1,3]", {1, 10, 100})}, {{"transpose_b", true}}, {{321, 654}}},
      {&kMatmul, {square, wide}, {{"transpose_a", true}}, {{13, 17, 21, 18, 24, 30}}},
      {&kMatmul,
       {t("f32[2,1,1]", {2, 3}), t("f32[2,1,2]", {1, 10, 100, 1000})},
       {{"transpose_a", true}},
       {{302, 3020}}},
      {&kMatmul, {t("f32[1,1]", {0}), t("f32[1,1]", {kNaN})}, {}, {{kNaN}}},
      {&kSgd, {row, row, tenth}, {}, {{8.75, 17.5, 26.25}}},
      {&kMomentum, {t("f32[1]", {1}), t("f32[1]", {8}), t("f32[1]", {4}), tenth, half}, {}, {{2}, {1}}},
      {&kMomentum,
       {t("f32[1]", {1}), t("f32[1]", {8}), t("f32[1]", {4}), tenth, half},
       {{"nesterov", true}},
       {{0.5}, {1}}},
      // 1 − beta_1 = 0.5, 1 − beta_2 = 0.25: m' = 0.5·2 + 0.5·4 = 3, v' = 0.75·4 + 0.25·16 = 7, p' = 1 − 0.125·3 / (√7
      // + 0.5)
      {&kAdam,
       {t("f32[1]", {1}), t("f32[1]", {4}), t("f32[1]", {2}), t("f32[1]", {4}), tenth, half, t("f32[]", {0.25}), half},
       {},
       {{1 - 0.375 / (std::sqrt(7) + 0.5)}, {3}, {7}}},
      // The same averages; v_hat stays at 9, then follows v.
      {&kAmsgrad,
       {one, four, two, four, nine, t("f32[]", {0.125}), half, quarter, half},
       {},
       {{1 - 0.375 / 3.5}, {3}, {7}, {9}}},
      {&kAmsgrad,
       {one, four, two, four, one, t("f32[]", {0.125}), half, quarter, half},
       {},
       {{1 - 0.375 / (std::sqrt(7) + 0.5)}, {3}, {7}, {7}}},
      // norm' is the larger of 0.75·4 and 4, or of 0.75·9 and 4
      {&kAdamax, {one, four, two, four, t("f32[]", {0.125}), half, quarter, half}, {}, {{1 - 0.375 / 4.5}, {3}, {4}}},
      {&kAdamax,
       {one, t("f32[1]", {-4}), two, nine, t("f32[]", {0.125}), half, quarter, half},
       {},
       {{1 + 0.125 / 7.25}, {-1}, {6.75}}},
      {&kNadam,
       {one, four, two, four, t("f32[]", {0.125}), t("f32[]", {0.25}), half, quarter, half},
       {},
       {{1 - (0.375 + 1) / (std::sqrt(7) + 0.5)}, {3}, {7}}},
      // velocity' = 0.75·4 + 0.25·16 = 7; the average gradient is 0.75·2 + 0.25·4 = 2.5, the step 0.5·2 more
      {&kRmsprop, {one, four, four, half, quarter, t("f32[]", {2})}, {}, {{1 - 2.0 / 3}, {7}}},
      {&kRmspropMomentum,
       {one, four, four, two, half, quarter, t("f32[]", {2}), half},
       {},
       {{1 - 5.0 / 3}, {7}, {5.0 / 3}}},
      {&kCenteredRmsprop, {one, four, four, two, half, quarter, t("f32[]", {3.25})}, {}, {{0}, {7}, {2.5}}},
      {&kCenteredRmspropMomentum,
       {one, four, four, two, two, half, quarter, t("f32[]", {3.25}), half},
       {},
       {{-1}, {7}, {2.5}, {2}}},
      // Only rounding makes the square of the average larger than the average of squares.
      {&kCenteredRmsprop, {one, one, one, two, half, t("f32[]", {0}), quarter}, {}, {{0}, {1}, {2}}},
      {&kAdagrad, {one, four, nine, half, t("f32[]", {0})}, {}, {{1 - 2.0 / 5}, {25}}},
      // s' = 7, step = √(2 + 2) / √(7 + 2)·4, d' = 0.75·2 + 0.25·step²
      {&kAdadelta, {one, four, four, two, half, quarter, t("f32[]", {2})}, {}, {{1 - 4.0 / 3}, {7}, {1.5 + 16.0 / 9}}},
      // The signs of 0.5·m + 0.5·g are 1, −1 and 0; m' = 0.75·m + 0.25·g.
      {&kLion,
       {t("f32[3]", {1, 1, 1}), t("f32[3]", {4, 2, -2}), t("f32[3]", {2, -4, 2}), quarter, half, quarter},
       {},
       {{0.75, 1.25, 1}, {2.5, -2.5, 1}}},
  };
  for (const Row& test : rows) {
    SCOPED_TRACE(test.op->name);
    const auto results = Evaluate(*test.op, test.inputs, test.attributes);
    ASSERT_EQ(results.size(), test.wanted.size());
    for (size_t i = 0; i < results.size(); ++i) ExpectClose(Numbers(results[i]), test.wanted[i]);
  }
}

}  // namespace
}  // namespace brine::ir
