// Tests the random numbers of the interpreter and the ops that use them.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "ir/philox.h"
#include "tests/ops/op_test_util.h"

namespace brine::ir {
namespace {

using Words = std::array<uint32_t, 4>;

// The known answers are those of Random123, the library of the authors of Philox.
TEST(Random, PhiloxAgreesWithThePublishedAnswers) {
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
  EXPECT_EQ(PhiloxUniform({0, 0, 0, 0}, {0, 0}), static_cast<double>(0x6627e8) / 16777216);
}

TEST(Random, NameIdAgreesWithKnownHashes) {
  EXPECT_EQ(NameId(""), 0x811c9dc5u);
  EXPECT_EQ(NameId("a"), 0xe40c292cu);
  EXPECT_EQ(NameId("foobar"), 0xbf9cf968u);
  EXPECT_NE(NameId("dropout"), NameId("dropout_1"));
}

Tensor<double> Seed(uint64_t seed) {
  return TensorOf("u32[2]", {static_cast<double>(seed & 0xffffffff), static_cast<double>(seed >> 32)});
}
Tensor<double> Step(double step, double first_row = 0) { return TensorOf("u32[2]", {step, first_row}); }

Tensor<double> Filled(const char* type, double value) {
  Tensor<double> tensor = MakeTensor<double>(TypeOf(type), 1);
  for (double& element : tensor.real) element = value;
  return tensor;
}

std::vector<double> Dropped(double rate, uint64_t seed, double step, int64_t id) {
  return Evaluate(kDropout, std::vector{Filled("f32[100,100]", 3), TensorOf("f32[]", {rate}), Seed(seed), Step(step)},
                  {{"id", id}})[0]
      .real;
}

TEST(Random, DropoutKeepsTheMean) {
  for (double rate : {0.0, 0.25, 0.5, 0.9}) {
    const std::vector<double> y = Dropped(rate, 1, 0, 5);
    double sum = 0;
    for (double element : y) {
      EXPECT_TRUE(element == 0 || element == 3 / (1 - rate));
      sum += element;
    }
    const double deviation = 3 * std::sqrt(rate / (1 - rate) / 1e4);  // three standard deviations of the mean of 10,000
    EXPECT_NEAR(sum / 1e4, 3, 4 * deviation + 1e-12) << rate;
  }
}

// Two independent masks of rate ½ agree in half of the elements.
TEST(Random, DropoutDependsOnSeedStepAndId) {
  const auto agreement = [](const std::vector<double>& a, const std::vector<double>& b) {
    int equal = 0;
    for (size_t i = 0; i < a.size(); ++i) equal += (a[i] == 0) == (b[i] == 0);
    return equal / 1e4;
  };
  const std::vector<double> base = Dropped(0.5, 1, 0, 5);
  EXPECT_EQ(Dropped(0.5, 1, 0, 5), base);
  EXPECT_NEAR(agreement(base, Dropped(0.5, 2, 0, 5)), 0.5, 0.02);
  EXPECT_NEAR(agreement(base, Dropped(0.5, 1 + (uint64_t{1} << 32), 0, 5)), 0.5, 0.02);
  EXPECT_NEAR(agreement(base, Dropped(0.5, 1, 1, 5)), 0.5, 0.02);
  EXPECT_NEAR(agreement(base, Dropped(0.5, 1, 0, 6)), 0.5, 0.02);
  std::vector<double> shifted(base.begin() + 1, base.end());
  shifted.push_back(base[0]);
  EXPECT_NEAR(agreement(base, shifted), 0.5, 0.02);
}

// The random number of element i is that of the counter (i, step, id, 0), so that the mask of the first rows does not
// depend on how many rows follow.
TEST(Random, DropoutFollowsTheCounter) {
  const std::vector<double> y = Dropped(0.5, 0x0000000900000007, 11, 13);
  for (uint32_t i = 0; i < 100; ++i) EXPECT_EQ(y[i] == 0, Philox({i, 11, 13, 0}, {7, 9})[0] < 0x80000000u) << i;
}

std::vector<double> Drawn(const Op& op, Ints shape, uint64_t seed = 3, double step = 4, int64_t id = 21) {
  return Evaluate(op, std::vector{Seed(seed), Step(step)}, {{"id", id}, {"shape", shape}})[0].real;
}

TEST(Random, SourcesFollowTheCounter) {
  const std::vector<double> uniform = Drawn(kRandomUniform, {5, 7}), normal = Drawn(kRandomNormal, {5, 7});
  ASSERT_EQ(uniform.size(), 35u);
  for (uint32_t i = 0; i < 35; ++i) {
    const Words words = Philox({i, 4, 21, 0}, {3, 0});
    const double u = (words[0] >> 8) / 16777216.0, v = (words[1] >> 8) / 16777216.0;
    EXPECT_EQ(uniform[i], u);
    EXPECT_NEAR(normal[i], std::sqrt(-2 * std::log1p(-u)) * std::cos(2 * std::acos(-1.0) * v), 1e-13);
  }
  // A row does not depend on how many rows follow.
  EXPECT_EQ(Drawn(kRandomNormal, {2, 7}), std::vector<double>(normal.begin(), normal.begin() + 14));
  EXPECT_NE(Drawn(kRandomUniform, {5, 7}, 4), uniform);
  EXPECT_NE(Drawn(kRandomUniform, {5, 7}, 3, 5), uniform);
  EXPECT_NE(Drawn(kRandomUniform, {5, 7}, 3, 4, 22), uniform);
}

// Row 3 + i of a batch and row i of the shard that begins at row 3 have the same numbers.
TEST(Random, ShardsDrawTheNumbersOfTheirRows) {
  const Op* const ops[] = {&kRandomUniform, &kRandomNormal, &kDropout, &kRandomFlip, &kRandomTranslation};
  for (const Op* op : ops) {
    SCOPED_TRACE(op->name);
    const auto draw = [&](int64_t begin, int64_t rows, double first_row) {
      const bool is_source = op->operands[0] == "seed";
      Attributes attributes = {{"id", int64_t{21}}};
      if (is_source) attributes.Set("shape", Ints{rows, 4, 3, 1});
      if (op == &kRandomTranslation) {
        attributes.Set("height_factor", Floats{-0.5, 0.5});
        attributes.Set("width_factor", Floats{-0.5, 0.5});
      }
      std::vector<Tensor<double>> inputs;
      if (!is_source) {
        inputs.push_back(MakeTensor<double>({DType::kF32, {rows, 4, 3, 1}}, 1));
        for (int64_t i = 0; i < inputs[0].size(); ++i)
          inputs[0].real[static_cast<size_t>(i)] = static_cast<double>(12 * begin + i + 1);
      }
      if (op == &kDropout) inputs.push_back(TensorOf("f32[]", {0.5}));
      inputs.push_back(Seed(3));
      inputs.push_back(Step(4, first_row));
      return Evaluate(*op, inputs, attributes)[0].real;
    };
    const std::vector<double> batch = draw(0, 8, 0), shard = draw(3, 5, 3);
    EXPECT_EQ(shard, std::vector<double>(batch.begin() + 36, batch.end()));
    EXPECT_NE(shard, draw(3, 5, 0));
  }
}

TEST(Random, SourcesHaveTheirMoments) {
  constexpr double kCount = 40000;
  double mean = 0, square = 0, fourth = 0, beyond_two = 0;
  for (double z : Drawn(kRandomNormal, {200, 200})) {
    mean += z / kCount;
    square += z * z / kCount;
    fourth += z * z * z * z / kCount;
    beyond_two += (std::abs(z) > 2) / kCount;
  }
  // Within four standard deviations of each estimate.
  EXPECT_NEAR(mean, 0, 4 / std::sqrt(kCount));
  EXPECT_NEAR(square, 1, 4 * std::sqrt(2 / kCount));
  EXPECT_NEAR(fourth, 3, 4 * std::sqrt(96 / kCount));
  EXPECT_NEAR(beyond_two, 0.0455, 4 * std::sqrt(0.0455 / kCount));
  mean = square = 0;
  for (double u : Drawn(kRandomUniform, {200, 200})) {
    EXPECT_TRUE(u >= 0 && u < 1);
    mean += u / kCount;
    square += (u - 0.5) * (u - 0.5) / kCount;
  }
  EXPECT_NEAR(mean, 0.5, 4 / std::sqrt(12 * kCount));
  EXPECT_NEAR(square, 1.0 / 12, 4 * std::sqrt(1.0 / 180 / kCount));
}

TEST(Random, FlipMirrorsWholeImages) {
  const int64_t id = 21;
  const std::array<uint32_t, 2> key = {3, 0};
  std::set<std::string> seen;
  for (const char* mode : {"horizontal", "vertical", "horizontal_and_vertical"}) {
    Tensor<double> x = MakeTensor<double>(TypeOf("u8[16,2,3,1]"), 1);
    for (size_t i = 0; i < x.integers.size(); ++i) x.integers[i] = static_cast<int64_t>(i) % 6;  // 0 1 2 / 3 4 5
    const Tensor<double> y = Evaluate(kRandomFlip, std::vector{x, Seed(3), Step(4)}, {{"id", id}, {"mode", mode}})[0];
    for (uint32_t s = 0; s < 16; ++s) {
      const bool across = Philox({2 * s, 4, 21, 0}, key)[0] < 0x80000000u && mode != std::string("vertical");
      const bool down = Philox({2 * s + 1, 4, 21, 0}, key)[0] < 0x80000000u && mode != std::string("horizontal");
      const Ints wanted = across ? (down ? Ints{5, 4, 3, 2, 1, 0} : Ints{2, 1, 0, 5, 4, 3})
                                 : (down ? Ints{3, 4, 5, 0, 1, 2} : Ints{0, 1, 2, 3, 4, 5});
      EXPECT_EQ(Ints(y.integers.begin() + 6 * s, y.integers.begin() + 6 * (s + 1)), wanted) << mode << " " << s;
      seen.insert(absl::StrJoin(wanted, " "));
    }
  }
  EXPECT_EQ(seen.size(), 4u);
}

// A translation by a fixed number of pixels, which an empty range of shares gives.
Floats Moved(const Tensor<double>& x, double down, double across, const char* fill, const char* interpolation,
             double value = 0) {
  const Attributes attributes = {
      {"id", int64_t{1}},
      {"height_factor", Floats{down / static_cast<double>(x.dim(1)), down / static_cast<double>(x.dim(1))}},
      {"width_factor", Floats{across / static_cast<double>(x.dim(2)), across / static_cast<double>(x.dim(2))}},
      {"fill_mode", fill},
      {"fill_value", value},
      {"interpolation", interpolation}};
  return Numbers(Evaluate(kRandomTranslation, std::vector{x, Seed(1), Step(0)}, attributes)[0]);
}

TEST(Random, TranslationAgreesWithResultsComputedByHand) {
  const Tensor<double> line = TensorOf("f32[1,1,4,1]", {1, 2, 3, 4}), square = TensorOf("f32[1,2,2,1]", {1, 2, 3, 4});
  // Positive factors move the image to the right and down.
  EXPECT_EQ(Moved(line, 0, 1, "constant", "nearest", 9), Floats({9, 1, 2, 3}));
  EXPECT_EQ(Moved(line, 0, -1, "constant", "nearest", 9), Floats({2, 3, 4, 9}));
  EXPECT_EQ(Moved(square, 1, 0, "constant", "nearest", 9), Floats({9, 9, 1, 2}));
  EXPECT_EQ(Moved(square, -1, 1, "constant", "nearest", 9), Floats({9, 3, 9, 9}));
  EXPECT_EQ(Moved(line, 0, 3, "nearest", "nearest"), Floats({1, 1, 1, 1}));
  EXPECT_EQ(Moved(line, 0, 2, "reflect", "nearest"), Floats({2, 1, 1, 2}));
  EXPECT_EQ(Moved(line, 0, -3, "reflect", "nearest"), Floats({4, 4, 3, 2}));
  EXPECT_EQ(Moved(line, 0, 3, "wrap", "nearest"), Floats({2, 3, 4, 1}));
  EXPECT_EQ(Moved(line, 0, -4, "wrap", "nearest"), Floats({1, 2, 3, 4}));
  // A shift by half a pixel.  The positions −0.5, 0.5, 1.5 and 2.5 are rounded away from zero to −1, 1, 2 and 3;
  // bilinear interpolation takes the mean of two pixels.
  EXPECT_EQ(Moved(line, 0, 0.5, "constant", "nearest", 9), Floats({9, 2, 3, 4}));
  EXPECT_EQ(Moved(line, 0, 0.5, "constant", "bilinear", 9), Floats({5, 1.5, 2.5, 3.5}));
  EXPECT_EQ(Moved(line, 0, 0.5, "wrap", "bilinear"), Floats({2.5, 1.5, 2.5, 3.5}));
  EXPECT_EQ(Moved(line, 0, -0.25, "nearest", "bilinear"), Floats({1.25, 2.25, 3.25, 4}));
  EXPECT_EQ(Moved(square, 0.5, 0.5, "reflect", "bilinear"), Floats({1, 1.5, 2, 2.5}));
  EXPECT_EQ(Moved(TensorOf("u8[1,1,2,1]", {1, 2}), 0, 0.5, "nearest", "bilinear"),
            Floats({1, 2}));  // 1, and 1.5 rounded half up
  EXPECT_EQ(Moved(TensorOf("u8[1,1,2,1]", {1, 2}), 0, 1, "constant", "nearest", 255), Floats({255, 1}));
}

TEST(Random, TranslationDrawsOneShiftASample) {
  Tensor<double> x = MakeTensor<double>(TypeOf("f32[64,1,8,1]"), 1);
  for (size_t i = 0; i < x.real.size(); ++i) x.real[i] = static_cast<double>(i % 8);
  const Attributes attributes = {{"id", int64_t{2}},
                                 {"height_factor", Floats{0, 0}},
                                 {"width_factor", Floats{-0.5, 0.25}},
                                 {"fill_mode", "nearest"}};
  const Tensor<double> y = Evaluate(kRandomTranslation, std::vector{x, Seed(5), Step(6)}, attributes)[0];
  for (uint32_t s = 0; s < 64; ++s) {
    const double shift = (-0.5 + 0.75 * PhiloxUniform({2 * s + 1, 6, 2, 0}, {5, 0})) * 8;
    for (int j = 0; j < 8; ++j)
      EXPECT_NEAR(y.real[8 * s + static_cast<size_t>(j)], std::clamp(j - shift, 0.0, 7.0), 1e-12) << s;
  }
}

}  // namespace
}  // namespace brine::ir
