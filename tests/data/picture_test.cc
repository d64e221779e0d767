// Compares decoded and resized pictures with Pillow's pixels (make_pictures.py), and damages them.
#include "frontend/data/picture.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "runtime/core/philox.h"
#include "runtime/trainer/picture_kind.h"
#include "tests/runtime/message.h"

namespace brine::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const fs::path kFolder = BRINE_SOURCE_DIR "/tests/data";

std::vector<uint8_t> ReadBytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::vector<uint8_t> ReadPicture(const std::string& name) { return ReadBytes(kFolder / "pictures" / name); }

std::vector<uint8_t> FromHexadecimal(const std::string& text) {
  std::vector<uint8_t> bytes;
  for (size_t at = 0; at + 1 < text.size(); at += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(at, 2), nullptr, 16)));
  return bytes;
}

// A line of pictures.txt.
struct Row {
  std::string file;
  DataOptions options;
  Picture expected;
};

std::vector<Row> ReadRows() {
  static const std::map<std::string, Resize> kModes = {
      {"stretch", Resize::kStretch}, {"fit", Resize::kFit}, {"crop", Resize::kCrop}};
  std::vector<Row> rows;
  std::ifstream file(kFolder / "pictures.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Row row;
    std::string mode, pixels;
    words >> row.file >> row.options.height >> row.options.width >> row.options.channels >> mode >>
        row.expected.height >> row.expected.width >> row.expected.channels >> pixels;
    row.options.resize = kModes.at(mode);
    row.options.background = {200, 100, 50};
    row.expected.pixels = FromHexadecimal(pixels);
    rows.push_back(row);
  }
  return rows;
}

// Pillow's decoders of JPEG and WebP are of another version, and its sums for alpha and resizing are rounded twice.
TEST(Picture, PixelsAreThoseOfPillow) {
  const std::vector<Row> rows = ReadRows();
  ASSERT_GT(rows.size(), 60u);
  for (const Row& row : rows) {
    SCOPED_TRACE(row.file + " to " + std::to_string(row.options.height) + "×" + std::to_string(row.options.width) +
                 (row.options.resize == Resize::kFit    ? " fit"
                  : row.options.resize == Resize::kCrop ? " crop"
                                                        : ""));
    const Picture picture = DecodePicture(ReadPicture(row.file), row.options);
    ASSERT_EQ(picture.height, row.expected.height);
    ASSERT_EQ(picture.width, row.expected.width);
    ASSERT_EQ(picture.channels, row.expected.channels);
    ASSERT_EQ(picture.pixels.size(), row.expected.pixels.size());
    int most = 0;
    for (size_t index = 0; index < picture.pixels.size(); ++index)
      most = std::max(most, std::abs(picture.pixels[index] - row.expected.pixels[index]));
    EXPECT_LE(most, 1);
  }
}

TEST(Picture, EachFileHasARow) {
  std::set<std::string> files, tested = {"animation.webp", "smooth.jpg"};
  for (const auto& entry : fs::directory_iterator(kFolder / "pictures")) files.insert(entry.path().filename());
  for (const Row& row : ReadRows()) tested.insert(row.file);
  EXPECT_EQ(tested, files);
}

TEST(Picture, TheHeaderHasTheSizeOfThePixels) {
  for (const Row& row : ReadRows()) {
    if (row.options.height != 0) continue;
    const PictureInfo info = ReadPictureInfo(ReadPicture(row.file));
    EXPECT_EQ(info.height, row.expected.height) << row.file;
    EXPECT_EQ(info.width, row.expected.width) << row.file;
    if (row.options.channels != 0) continue;
    EXPECT_EQ(info.channels, row.expected.channels) << row.file;
  }
}

// The decoder makes this picture smaller by itself before it is resized.
TEST(Picture, ABlankFollowsTheMarkOfAPpm) {
  for (const char after : {' ', '\n', '#'}) {
    const uint8_t bytes[] = {'P', '5', static_cast<uint8_t>(after)};
    EXPECT_EQ(PictureKindOf(bytes), PictureKind::kPpm) << after;
  }
  for (const uint8_t after : {'\0', 'x'}) {
    const uint8_t bytes[] = {'P', '5', after};
    EXPECT_EQ(PictureKindOf(bytes), PictureKind::kNone) << after;
  }
}

TEST(Picture, LargeJpegsKeepTheirContent) {
  const std::vector<uint8_t> file = ReadPicture("smooth.jpg");
  const Picture whole = DecodePicture(file, {});
  ASSERT_EQ(whole.height, 96);
  ASSERT_EQ(whole.width, 128);
  for (const int64_t divisor : {4, 8, 16, 32}) {
    const Picture small = DecodePicture(file, {.height = 96 / divisor, .width = 128 / divisor});
    for (int64_t y = 0; y < small.height; ++y) {
      for (int64_t x = 0; x < small.width; ++x) {
        // The picture is a ramp, so that the mean of a block is about its middle.
        const int64_t middle = (y * divisor + divisor / 2) * 128 + x * divisor + divisor / 2;
        if (y == 0 || x == 0 || y == small.height - 1 || x == small.width - 1) continue;
        EXPECT_NEAR(small.pixels[static_cast<size_t>(3 * (y * small.width + x))],
                    whole.pixels[static_cast<size_t>(3 * middle)], 3)
            << divisor << " " << y << " " << x;
      }
    }
  }
}

TEST(Picture, TruncatedFilesAreRefused) {
  for (const auto& entry : fs::directory_iterator(kFolder / "pictures")) {
    const std::vector<uint8_t> whole = ReadBytes(entry.path());
    for (size_t part = 0; part < 16; ++part) {
      const std::vector<uint8_t> begin(whole.begin(), whole.begin() + static_cast<int64_t>(whole.size() * part / 16));
      EXPECT_THAT(Message([&] { DecodePicture(begin, {}); }), StartsWith("is "))
          << entry.path().filename() << " " << part;
    }
  }
}

TEST(Picture, DamagedFilesAreRefusedOrDecoded) {
  for (const auto& entry : fs::directory_iterator(kFolder / "pictures")) {
    const std::vector<uint8_t> whole = ReadBytes(entry.path());
    for (uint32_t trial = 0; trial < 60; ++trial) {
      std::vector<uint8_t> damaged = whole;
      const brine_random random = brine_philox(1, trial, static_cast<uint32_t>(whole.size()), 0, 0);
      damaged[random.word[0] % damaged.size()] = static_cast<uint8_t>(random.word[1]);
      damaged[random.word[2] % std::min<size_t>(damaged.size(), 64)] = static_cast<uint8_t>(random.word[3]);
      try {
        const Picture picture = DecodePicture(damaged, {.max_pixels = 1 << 16});
        EXPECT_EQ(picture.pixels.size(), static_cast<size_t>(picture.height * picture.width * picture.channels));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), kExitBadInput);
        EXPECT_THAT(error.what(), AnyOf(StartsWith("is "), StartsWith("has ")));
      }
    }
  }
}

std::vector<uint8_t> Patched(const std::string& name, size_t offset, const std::vector<uint8_t>& bytes) {
  std::vector<uint8_t> file = ReadPicture(name);
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<int64_t>(offset));
  return file;
}
std::vector<uint8_t> Text(const std::string& text) { return {text.begin(), text.end()}; }

TEST(Picture, SizesAreCheckedBeforeMemoryIsTaken) {
  const std::vector<uint8_t> jpeg = ReadPicture("420.jpg"), webp = ReadPicture("lossy.webp");
  size_t frame = 0;  // the JPEG's marker SOF0, which is followed by its length, the precision, height and width
  while (jpeg[frame] != 0xff || jpeg[frame + 1] != 0xc0) ++frame;
  const struct {
    std::vector<uint8_t> file;
    const char* sentence;
  } rows[] = {
      {Patched("rgb.png", 16, {0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}),
       "has 2147483647×2147483647 pixels; at most 16777216 are allowed"},
      {Patched("rgb.png", 16, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),
       "has 4294967295×4294967295 pixels; at most 16777216 are allowed"},
      {Patched("rgb.png", 16, {0, 0, 0, 0}), "has 0×7 pixels; at most 16777216 are allowed"},
      {Patched("420.jpg", frame + 5, {0xff, 0xdc, 0xff, 0xdb}), "has 65499×65500 pixels; at most 16777216 are allowed"},
      {Patched("lossy.webp", 26, {0xff, 0x3f, 0xff, 0x3f}), "has 16383×16383 pixels; at most 16777216 are allowed"},
      {Patched("24.bmp", 18, {0xff, 0xff, 0xff, 0x7f}), "has 2147483647×7 pixels; at most 16777216 are allowed"},
      {Patched("24.bmp", 18, {0xff, 0xff, 0xff, 0xff}), "is a BMP file whose size is not positive"},
      {Patched("24.bmp", 22, {0, 0, 0, 0x80}), "has 11×2147483648 pixels; at most 16777216 are allowed"},
      {Text("P6 99999 99999 255\n"), "has 99999×99999 pixels; at most 16777216 are allowed"},
      {Text("P6 99999999999 1 255\n"), "is a PPM file with a number out of range"},
      {Text("P6 4000 4000 255\nx"), "is a PPM file that ends too early"},
  };
  for (const auto& row : rows) EXPECT_EQ(Message([&] { DecodePicture(row.file, {}); }), row.sentence);
  EXPECT_EQ(Message([&] { DecodePicture(jpeg, {.max_pixels = 76}); }), "has 11×7 pixels; at most 76 are allowed");
  EXPECT_EQ(DecodePicture(jpeg, {.max_pixels = 77}).width, 11);
}

TEST(Picture, FaultsAreNamed) {
  const struct {
    std::vector<uint8_t> file;
    const char* sentence;
  } rows[] = {
      {{}, "is not a picture (PNG, JPEG, WebP, BMP or PPM)"},
      {Text("GIF89a"), "is not a picture (PNG, JPEG, WebP, BMP or PPM)"},
      {Text("P4 1 1\n\1"), "is not a picture (PNG, JPEG, WebP, BMP or PPM)"},
      {Text("P5 1 1 0\n\1"), "is a PPM file whose header has numbers out of range"},
      {Text("P5 1 1 65536\n\1"), "is a PPM file whose header has numbers out of range"},
      {Text("P5 1 1 7\n\x8"), "is a PPM file with a sample above the largest one that its header allows"},
      {Text("P2 1 x 7\n8"), "is a PPM file where a number is missing"},
      {ReadPicture("animation.webp"), "is a WebP file with an animation, not with one picture"},
      {Patched("8.bmp", 30, {1}), "is a BMP file that is compressed by run lengths, which is not supported"},
      {Patched("24.bmp", 28, {48}), "is a BMP file of 48 bits a pixel and compression 0, which are not supported"},
      {Patched("8.bmp", 46, {2}), "is a BMP file with a pixel whose colour is not in its palette"},
      {Patched("rgb.png", ReadPicture("rgb.png").size() - 16, {0xff}),  // the checksum of the last pixels
       "is a PNG file that cannot be decoded: IDAT: CRC error"},
  };
  for (const auto& row : rows) EXPECT_EQ(Message([&] { DecodePicture(row.file, {}); }), row.sentence);
}

}  // namespace
}  // namespace brine::testing
