#include "runtime/trainer/drawn_shapes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
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
  sample.pixels.resize(static_cast<size_t>(data.type().elements));
  index += data.first();
  data.source().Read({&index, 1}, sample.pixels.data(), &sample.label);
  return sample;
}

TEST(DrawnShapes, AreTenClassesInEqualShares) {
  const std::clock_t begin = std::clock();
  const TrainTest data = DrawShapes(32, 32, 3, 10, 0, nullptr);
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 2);  // 0.3 s of an idle core; a waiting user's limit
  EXPECT_EQ(data.train.size(), 10000);
  EXPECT_EQ(data.test.size(), 2000);
  EXPECT_EQ(data.train.type().elements, 32 * 32 * 3);
  EXPECT_EQ(data.train.class_names.size(), 10u);
  EXPECT_EQ(data.test.class_names, data.train.class_names);
  std::vector<int> counts(10);
  for (int64_t at = 0; at < data.test.size(); ++at) ++counts[static_cast<size_t>(Get(data.test, at).label)];
  EXPECT_THAT(counts, ::testing::Each(200));
}

TEST(DrawnShapes, AreTheSamePicturesForASeed) {
  const TrainTest one = DrawShapes(8, 8, 1, 10, 5, nullptr), same = DrawShapes(8, 8, 1, 10, 5, nullptr), other = DrawShapes(8, 8, 1, 10, 6, nullptr);
  std::set<std::vector<uint8_t>> different;
  for (int64_t at = 0; at < 100; ++at) {
    EXPECT_EQ(Get(one.train, at).pixels, Get(same.train, at).pixels);
    EXPECT_NE(Get(one.train, at).pixels, Get(other.train, at).pixels);
    different.insert(Get(one.train, at).pixels);
    different.insert(Get(one.test, at).pixels);
  }
  EXPECT_EQ(different.size(), 200u);
}

// In the channel that stands out, shape and background differ: a picture is never plain noise.
TEST(DrawnShapes, StandOut) {
  const TrainTest data = DrawShapes(32, 32, 3, 10, 1, nullptr);
  for (int64_t at = 0; at < 200; ++at) {
    const Sample sample = Get(data.train, at);
    int widest = 0;
    for (size_t channel = 0; channel < 3; ++channel) {
      int least = 255, most = 0;
      for (size_t pixel = channel; pixel < sample.pixels.size(); pixel += 3) {
        least = std::min<int>(least, sample.pixels[pixel]);
        most = std::max<int>(most, sample.pixels[pixel]);
      }
      widest = std::max(widest, most - least);
    }
    EXPECT_GT(widest, 60) << at;
  }
}

TEST(DrawnShapes, LargePicturesAreEnlargedSmallOnes) {
  const TrainTest data = DrawShapes(64, 64, 1, 3, 0, nullptr);
  EXPECT_EQ(data.train.type().height, 64);
  const Sample sample = Get(data.train, 5);
  EXPECT_EQ(sample.label, 2);  // of three classes
  for (size_t row = 0; row < 64; row += 2) {
    for (size_t column = 0; column < 64; column += 2) {
      const uint8_t* const block = &sample.pixels[row * 64 + column];
      EXPECT_TRUE(block[0] == block[1] && block[0] == block[64] && block[0] == block[65]) << row << " " << column;
    }
  }
}

TEST(DrawnShapes, RefuseTinyPictures) {
  try {
    DrawShapes(4, 32, 3, 10, 0, nullptr);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the built-in pictures are of 8x8 to 4096x4096 and 1 to 64 channels, the model takes 4x32x3; use --data");
    EXPECT_EQ(error.code(), kExitBadInput);
  }
}

}  // namespace
}  // namespace brine
