#include "runtime/trainer/noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace brine {
namespace {

constexpr brine_value kBytes = {"x", BRINE_U8, BRINE_INPUTS, 3, {BRINE_BATCH, 5, 3}, 0},
                      kFloats = {"x", BRINE_F32, BRINE_INPUTS, 2, {BRINE_BATCH, 7}, 0},
                      kLabels = {"label", BRINE_I32, BRINE_INPUTS, 1, {BRINE_BATCH}, 0};

Dataset Noise(const brine_value& input, int32_t classes, int64_t fewest, uint64_t seed) {
  const brine_value values[] = {input, kLabels};
  const brine_input inputs[] = {{0, BRINE_DATA, 0, nullptr, 0, 0, 0, 0, nullptr},
                                {1, BRINE_LABEL, 0, nullptr, 0, classes, 0, 0, nullptr}};
  brine_function function = {};
  function.values = values;
  function.inputs = inputs;
  function.value_count = function.input_count = 2;
  return MakeNoise(function, fewest, seed);
}

template <typename T>
std::vector<T> Samples(const Dataset& data, std::vector<int32_t>& labels) {
  std::vector<int64_t> indices(static_cast<size_t>(data.size()));
  for (size_t index = 0; index < indices.size(); ++index) indices[index] = static_cast<int64_t>(index);
  std::vector<T> samples(indices.size() * static_cast<size_t>(data.fields()[0].elements));
  labels.resize(indices.size());
  void* const targets[] = {samples.data(), labels.data()};
  data.source().Read(indices, targets);
  return samples;
}

// Compares mean and variance of n uniform numbers with the exact ones, within five standard errors.  The standard error
// of the variance is less than the variance divided by √n.
template <typename T>
void ExpectUniform(const std::vector<T>& numbers, double least, double most, double step) {
  const auto n = static_cast<double>(numbers.size());
  double sum = 0, squares = 0;
  for (T number : numbers) {
    EXPECT_GE(number, least);
    EXPECT_LE(number, most);
    sum += static_cast<double>(number);
    squares += static_cast<double>(number) * static_cast<double>(number);
  }
  const double mean = sum / n, variance = squares / n - mean * mean, width = most - least + step,
               expected = (width * width - step * step) / 12;
  EXPECT_NEAR(mean, (least + most) / 2, 5 * std::sqrt(expected / n));
  EXPECT_NEAR(variance, expected, 5 * expected / std::sqrt(n));
}

TEST(Noise, IsUniformInSamplesAndLabels) {
  std::vector<int32_t> labels;
  const Dataset bytes = Noise(kBytes, 10, 1, 0), floats = Noise(kFloats, 3, 1, 0);
  EXPECT_EQ(bytes.size(), 10000);
  EXPECT_EQ(bytes.fields()[0].type, ElementType::kByte);
  EXPECT_EQ(bytes.fields()[0].elements, 15);
  ExpectUniform(Samples<uint8_t>(bytes, labels), 0, 255, 1);
  ExpectUniform(labels, 0, 9, 1);
  EXPECT_EQ(floats.fields()[0].type, ElementType::kReal);
  EXPECT_EQ(floats.fields()[0].elements, 7);
  ExpectUniform(Samples<float>(floats, labels), -1, 1, 0);
  ExpectUniform(labels, 0, 2, 1);
}

TEST(Noise, DependsOnTheSeedAlone) {
  std::vector<int32_t> one, same, other;
  const auto samples = Samples<uint8_t>(Noise(kBytes, 10, 1, 5), one);
  EXPECT_EQ(Samples<uint8_t>(Noise(kBytes, 10, 1, 5), same), samples);
  EXPECT_NE(Samples<uint8_t>(Noise(kBytes, 10, 1, 6), other), samples);
  EXPECT_EQ(one, same);
  EXPECT_NE(one, other);
}

TEST(Noise, ThereAreFewerLargeSamplesButAtLeastABatch) {
  constexpr brine_value kLarge = {"x", BRINE_F32, BRINE_INPUTS, 2, {BRINE_BATCH, 1'000'000}, 0};
  EXPECT_EQ(Noise(kLarge, 10, 32, 0).size(), 64);
  EXPECT_EQ(Noise(kLarge, 10, 70, 0).size(), 70);
}

}  // namespace
}  // namespace brine
