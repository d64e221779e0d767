#include "runtime/trainer/sample_picture.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "tests/runtime/softmax_program.h"

namespace brine::testing {
namespace {

using ::testing::IsEmpty;

// A picture of 200 by 100 pixels is shrunk by 3: its pixels are means of blocks, and of what is left at the edges.
TEST(SamplePicture, LargeImagesAreShrunk) {
  constexpr int kHeight = 100, kWidth = 200;
  std::vector<uint8_t> pixels;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) pixels.push_back(static_cast<uint8_t>((7 * y + 13 * x) % 251));
  }
  class Source : public SampleSource {
   public:
    explicit Source(const std::vector<uint8_t>& pixels) : pixels_(pixels), fields_(ImageFields(kHeight, kWidth, 1)) {}
    int64_t size() const override { return 1; }
    std::span<const Field> fields() const override { return fields_; }
    void Read(std::span<const int64_t>, std::span<void* const> targets) const override {
      std::memcpy(targets[0], pixels_.data(), pixels_.size());
    }

   private:
    const std::vector<uint8_t>& pixels_;
    std::vector<Field> fields_;
  };
  const Picture picture = PictureOf(kSoftmaxProgram, Dataset(std::make_shared<Source>(pixels)), 0);
  EXPECT_EQ(picture.height, 34);
  EXPECT_EQ(picture.width, 67);
  for (int y = 0; y < 34; ++y) {
    for (int x = 0; x < 67; ++x) {
      double sum = 0;
      int count = 0;
      for (int pixel = 0; pixel < kHeight * kWidth; ++pixel) {
        if (pixel / kWidth / 3 != y || pixel % kWidth / 3 != x) continue;
        sum += pixels[static_cast<size_t>(pixel)];
        ++count;
      }
      EXPECT_EQ(picture.pixels[static_cast<size_t>(67 * y + x)], std::lround(sum / count)) << y << " " << x;
    }
  }
}

// Numbers that are no bytes are scaled; a flat sample has the shape of the images that the program takes.
TEST(SamplePicture, NumbersAreScaled) {
  std::vector<float> numbers(kPixels, -1.0f);
  numbers[5] = 3;
  numbers[6] = 1;
  const Dataset data(1, std::span<const float>(numbers), std::span<const float>(numbers).first(1));
  const Picture picture = PictureOf(kSoftmaxProgram, data, 0);
  ASSERT_EQ(picture.pixels.size(), static_cast<size_t>(kPixels));
  EXPECT_EQ(picture.channels, 3);
  EXPECT_EQ(picture.pixels[4], 0);
  EXPECT_EQ(picture.pixels[5], 255);
  EXPECT_EQ(picture.pixels[6], 128);
  const Dataset other(1, std::span<const float>(numbers).first(5), std::span<const float>(numbers).first(1));
  EXPECT_THAT(PictureOf(kSoftmaxProgram, other, 0).pixels, IsEmpty());
}

}  // namespace
}  // namespace brine::testing
