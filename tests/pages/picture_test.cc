// Tests pictures: the PNG format, and the sheet of a layer's filters.
#include <gmock/gmock.h>

#include <cstring>

#include "frontend/cli/html/filters.h"
#include "frontend/cli/html/png.h"
#include "runtime/core/crc32.h"

namespace brine {
namespace {

using cli::EncodePng;
using cli::FilterSheet;
using cli::Picture;

uint32_t BigEndian(const std::string& bytes, size_t at) {
  uint32_t number = 0;
  for (size_t index = 0; index < 4; ++index) number = number << 8 | static_cast<uint8_t>(bytes[at + index]);
  return number;
}

// chromium_test.cc has a browser decode the pixels.
TEST(Picture, APngHasItsChunksWithTheirChecksums) {
  for (const int channels : {1, 3, 4}) {
    const Picture picture = {5, 3, channels, std::vector<uint8_t>(static_cast<size_t>(15 * channels), 77)};
    const std::string png = EncodePng(picture);
    ASSERT_EQ(png.substr(0, 8), std::string("\x89PNG\r\n\x1a\n"));
    std::string types;
    size_t at = 8;
    while (at < png.size()) {
      const uint32_t size = BigEndian(png, at);
      ASSERT_LE(at + 12 + size, png.size());
      types += png.substr(at + 4, 4) + " ";
      EXPECT_EQ(BigEndian(png, at + 8 + size), brine_crc32(0, png.data() + at + 4, size + 4));
      at += 12 + size;
    }
    EXPECT_EQ(types, "IHDR IDAT IEND ");
    EXPECT_EQ(BigEndian(png, 16), 5u);
    EXPECT_EQ(BigEndian(png, 20), 3u);
    EXPECT_EQ(png[24], 8);
    EXPECT_EQ(png[25], channels == 1 ? 0 : channels == 3 ? 2 : 6);
  }
}

// The colour of a pixel of a sheet: red, green, blue, opacity.
std::vector<int> PixelOf(const Picture& sheet, int x, int y) {
  const auto begin = sheet.pixels.begin() + (y * sheet.width + x) * 4;
  return {begin, begin + 4};
}

TEST(Filters, EachIsScaledToItsLargestWeightWithGreyForZero) {
  // [1][2][1][2]: two filters of 1×2 pixels.
  const float kernel[] = {1, -0.5f, 0, 0.25f};
  const Picture sheet = FilterSheet(kernel, 1, 2, 1, 2, 2);
  ASSERT_EQ(sheet.width, 5);
  ASSERT_EQ(sheet.height, 1);
  EXPECT_EQ(PixelOf(sheet, 0, 0), (std::vector<int>{255, 255, 255, 255}));
  EXPECT_EQ(PixelOf(sheet, 1, 0), (std::vector<int>{128, 128, 128, 255}));
  EXPECT_EQ(PixelOf(sheet, 2, 0), (std::vector<int>{0, 0, 0, 0})) << "the gap is transparent";
  EXPECT_EQ(PixelOf(sheet, 3, 0), (std::vector<int>{0, 0, 0, 255}));
  EXPECT_EQ(PixelOf(sheet, 4, 0), (std::vector<int>{191, 191, 191, 255}));
}

TEST(Filters, ThreeChannelsAreColoursAndOthersAreAveraged) {
  const float colors[] = {1, -1, 0};
  EXPECT_EQ(PixelOf(FilterSheet(colors, 1, 1, 3, 1, 1), 0, 0), (std::vector<int>{255, 0, 128, 255}));
  const float four[] = {4, 0, 0, 0};
  EXPECT_EQ(PixelOf(FilterSheet(four, 1, 1, 4, 1, 1), 0, 0), (std::vector<int>{255, 255, 255, 255}));
}

TEST(Filters, ZerosAndWhatIsNotFiniteAreGrey) {
  const float kernel[] = {0, NAN};
  const Picture sheet = FilterSheet(kernel, 1, 2, 1, 1, 1);
  EXPECT_EQ(PixelOf(sheet, 0, 0), (std::vector<int>{128, 128, 128, 255}));
  EXPECT_EQ(PixelOf(sheet, 1, 0), (std::vector<int>{128, 128, 128, 255}));
}

}  // namespace
}  // namespace brine
