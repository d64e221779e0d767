#include "runtime/trainer/drawn_shapes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "runtime/trainer/error.h"

namespace brine {
namespace {

struct Sample {
  std::vector<uint8_t> pixels;
  int32_t label;
};

Sample Get(const Dataset& data, int64_t index) {
  Sample sample;
  sample.pixels.resize(static_cast<size_t>(data.fields()[0].elements));
  index += data.first();
  void* const targets[] = {sample.pixels.data(), &sample.label};
  data.source().Read({&index, 1}, targets);
  return sample;
}

TEST(DrawnShapes, AreTenClassesInEqualShares) {
  const Splits data = DrawShapes(32, 32, 3, 10, 0, nullptr);
  EXPECT_EQ(data.train.size(), 10000);
  EXPECT_EQ(data.test.size(), 2000);
  EXPECT_EQ(data.train.fields()[0].elements, 32 * 32 * 3);
  EXPECT_EQ(data.train.class_names.size(), 10u);
  EXPECT_EQ(data.test.class_names, data.train.class_names);
  std::vector<int> counts(10);
  for (int64_t index = 0; index < data.test.size(); ++index) ++counts[static_cast<size_t>(Get(data.test, index).label)];
  EXPECT_THAT(counts, ::testing::Each(200));
}

TEST(DrawnShapes, AreTheSameImagesForASeed) {
  const Splits one = DrawShapes(8, 8, 1, 10, 5, nullptr), same = DrawShapes(8, 8, 1, 10, 5, nullptr),
               other = DrawShapes(8, 8, 1, 10, 6, nullptr);
  std::set<std::vector<uint8_t>> different;
  for (int64_t index = 0; index < 100; ++index) {
    EXPECT_EQ(Get(one.train, index).pixels, Get(same.train, index).pixels);
    EXPECT_NE(Get(one.train, index).pixels, Get(other.train, index).pixels);
    different.insert(Get(one.train, index).pixels);
    different.insert(Get(one.test, index).pixels);
  }
  EXPECT_EQ(different.size(), 200u);
}

// Shape and background differ clearly in one channel, so that no image is only noise.
TEST(DrawnShapes, DifferFromTheirBackground) {
  const Splits data = DrawShapes(32, 32, 3, 10, 1, nullptr);
  for (int64_t index = 0; index < 200; ++index) {
    const Sample sample = Get(data.train, index);
    int widest = 0;
    for (size_t channel = 0; channel < 3; ++channel) {
      int least = 255, most = 0;
      for (size_t pixel = channel; pixel < sample.pixels.size(); pixel += 3) {
        least = std::min<int>(least, sample.pixels[pixel]);
        most = std::max<int>(most, sample.pixels[pixel]);
      }
      widest = std::max(widest, most - least);
    }
    EXPECT_GT(widest, 60) << index;
  }
}

TEST(DrawnShapes, LargeImagesAreEnlargedSmallOnes) {
  const Splits data = DrawShapes(64, 64, 1, 3, 0, nullptr);
  EXPECT_EQ(data.train.fields()[0].height, 64);
  const Sample sample = Get(data.train, 5);
  EXPECT_EQ(sample.label, 2);  // there are three classes
  for (size_t row = 0; row < 64; row += 2) {
    for (size_t column = 0; column < 64; column += 2) {
      const uint8_t* const block = &sample.pixels[row * 64 + column];
      EXPECT_TRUE(block[0] == block[1] && block[0] == block[64] && block[0] == block[65]) << row << " " << column;
    }
  }
}

double Mean(const Dataset& data, int64_t count) {
  double sum = 0;
  for (int64_t index = 0; index < count; ++index) {
    for (uint8_t pixel : Get(data, index).pixels) sum += pixel;
  }
  return sum / static_cast<double>(count * data.fields()[0].elements);
}

// Means are compared, not bits, since the last bit of a sine depends on the C library.
TEST(DrawnShapes, AreThoseOfFormerVersions) {
  const Splits data = DrawShapes(32, 32, 3, 10, 0, nullptr);
  EXPECT_NEAR(Mean(data.train, 100), 127.053275, 1e-3);
  EXPECT_NEAR(Mean(data.test, 100), 129.433678, 1e-3);
}

TEST(DrawnShapes, LargeOnesAreFewerInEqualShares) {
  const Splits data = DrawShapes(227, 227, 3, 10, 0, nullptr);  // 154,587 bytes for each image, whose size is prime
  EXPECT_EQ(data.train.size(), 1350);
  EXPECT_EQ(data.test.size(), 270);
  EXPECT_LE((data.train.size() + data.test.size()) * data.train.fields()[0].elements, 256'000'000);
  std::vector<int> train(10), test(10);
  for (int64_t index = 0; index < data.train.size(); ++index)
    ++train[static_cast<size_t>(Get(data.train, index).label)];
  for (int64_t index = 0; index < data.test.size(); ++index) ++test[static_cast<size_t>(Get(data.test, index).label)];
  EXPECT_THAT(train, ::testing::Each(135));
  EXPECT_THAT(test, ::testing::Each(27));
  EXPECT_EQ(DrawShapes(8, 4096, 26, 10, 0, nullptr).test.size(), 50);  // exactly 300 images fit
}

TEST(DrawnShapes, RefuseSizesThatAreTooSmallOrTooLarge) {
  const auto refusal = [](int64_t height, int64_t width, int64_t channels) {
    try {
      DrawShapes(height, width, channels, 10, 0, nullptr);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), kExitBadInput);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal(4, 32, 3),
            "the built-in images are of 8x8 to 4096x4096 and 1 to 64 channels, the model takes 4x32x3; use --data");
  EXPECT_EQ(refusal(8, 4096, 27),
            "the built-in images take 256 MB at most, in which fewer than 300 of this size fit: the model takes "
            "8x4096x27; use --data");
}

}  // namespace
}  // namespace brine
