#include <array>
#include <bit>
#include <cstdlib>
#include <string>

#include "frontend/data/codecs.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

[[noreturn]] void Fail(const std::string& what) { throw Error(kExitBadInput, "is a BMP file " + what); }

// A little-endian number; 0 beyond the end.
uint32_t Number(Bytes bytes, size_t offset, size_t count) {
  if (offset > bytes.size() || count > bytes.size() - offset) return 0;
  uint32_t number = 0;
  for (size_t index = count; index-- > 0;) number = number << 8 | bytes[offset + index];
  return number;
}

// The bits of a pixel that hold one colour.
struct Mask {
  uint32_t bits = 0;

  uint8_t Of(uint32_t pixel) const {
    if (bits == 0) return 0;
    const int shift = std::countr_zero(bits);
    const uint64_t most = bits >> shift, value = (pixel & bits) >> shift;
    return static_cast<uint8_t>((value * 255 + most / 2) / most);
  }
};

// What is known of the file's headers: that of the file with 14 bytes, and the one after it, which begins with its own
// size.
struct Header {
  StoredInfo info;
  bool is_top_down = false;
  uint32_t bits = 0;           // of a pixel: 1, 4 or 8 of a number in the palette, or 16, 24 or 32 of colours
  std::array<Mask, 4> masks;   // red, green, blue, alpha
  size_t palette = 0;          // its offset
  uint32_t palette_bytes = 4;  // of a colour
  uint32_t colours = 0;
  size_t pixels = 0;  // their offset

  bool has_palette() const { return bits <= 8; }
  bool has_alpha() const { return masks[3].bits != 0; }
  uint64_t row_bytes() const { return (static_cast<uint64_t>(info.width) * bits + 31) / 32 * 4; }
};

constexpr size_t kFileHeader = 14;
constexpr uint32_t kCoreHeader = 12, kInfoHeader = 40, kHeaderWithAlpha = 56;

enum Compression : uint32_t { kNone = 0, kRuns8 = 1, kRuns4 = 2, kBitFields = 3, kAlphaBitFields = 6 };

// The masks of pixels of 16, 24 and 32 bits without compression.
std::array<Mask, 4> UsualMasks(uint32_t bits) {
  if (bits == 16) return {Mask{0x7c00}, Mask{0x3e0}, Mask{0x1f}, Mask{}};
  return {Mask{0xff0000}, Mask{0xff00}, Mask{0xff}, Mask{}};
}

void ReadSize(Bytes bytes, bool is_core, Header& header) {
  const uint32_t width = Number(bytes, 18, is_core ? 2 : 4), height = Number(bytes, is_core ? 20 : 22, is_core ? 2 : 4);
  const auto signed_height = static_cast<int32_t>(height);
  header.is_top_down = !is_core && signed_height < 0;
  header.info = {std::abs(int64_t{signed_height}), static_cast<int32_t>(width), 3};
  if (header.info.width < 1 || header.info.height < 1) Fail("whose size is not positive");
}

Header ReadHeader(Bytes bytes) {
  Header header;
  header.pixels = Number(bytes, 10, 4);
  const uint32_t size = Number(bytes, kFileHeader, 4);
  const bool is_core = size == kCoreHeader;
  if ((!is_core && size < kInfoHeader) || size > bytes.size() - kFileHeader) Fail("whose header cannot be read");
  ReadSize(bytes, is_core, header);
  header.bits = Number(bytes, is_core ? 24 : 28, 2);
  const uint32_t compression = is_core ? kNone : Number(bytes, 30, 4);
  if (compression == kRuns8 || compression == kRuns4) Fail("that is compressed by run lengths, which is not supported");
  const bool has_fields = compression == kBitFields || compression == kAlphaBitFields;
  const bool is_known =
      header.bits == 16 || header.bits == 32 ||
      (!has_fields && (header.bits == 1 || header.bits == 4 || header.bits == 8 || header.bits == 24));
  if (!is_known || (compression != kNone && !has_fields))
    Fail("of " + std::to_string(header.bits) + " bits a pixel and compression " + std::to_string(compression) +
         ", which are not supported");
  header.palette = kFileHeader + size;
  header.palette_bytes = is_core ? 3 : 4;
  header.colours = is_core ? 0 : Number(bytes, 46, 4);
  if (header.has_palette()) {
    const uint32_t most = 1u << header.bits;
    if (header.colours == 0 || header.colours > most) header.colours = most;
    return header;
  }
  header.masks = UsualMasks(header.bits);
  if (!has_fields) return header;
  // The masks follow the fields of the oldest header, whether they count to it or not.
  const bool has_alpha = compression == kAlphaBitFields || size >= kHeaderWithAlpha;
  for (size_t mask = 0; mask < header.masks.size(); ++mask)
    header.masks[mask].bits = mask < 3 || has_alpha ? Number(bytes, kFileHeader + kInfoHeader + 4 * mask, 4) : 0;
  return header;
}

// The pixel of a row whose bits are in the order of the file.
uint32_t PixelAt(Bytes row, uint32_t bits, int64_t x) {
  const size_t bit = static_cast<size_t>(x) * bits;
  if (bits >= 8) return Number(row, bit / 8, bits / 8);
  return row[bit / 8] >> (8 - bits - bit % 8) & ((1u << bits) - 1);
}

}  // namespace

StoredInfo BmpInfo(Bytes bytes) {
  if (bytes.size() < kFileHeader + kCoreHeader) Fail("whose header cannot be read");
  return ReadHeader(bytes).info;
}

Picture DecodeBmp(Bytes bytes, int) {
  const Header header = ReadHeader(bytes);
  const auto height = static_cast<uint64_t>(header.info.height);
  if (header.pixels > bytes.size() || (bytes.size() - header.pixels) / header.row_bytes() < height)
    Fail("that ends too early");
  Picture picture = {header.info.height, header.info.width, header.has_alpha() ? 4 : 3, {}};
  picture.pixels.resize(static_cast<size_t>(picture.height * picture.width * picture.channels));
  uint8_t* to = picture.pixels.data();
  for (uint64_t y = 0; y < height; ++y) {
    const uint64_t stored = header.is_top_down ? y : height - 1 - y;
    const Bytes row = bytes.subspan(header.pixels + stored * header.row_bytes(), header.row_bytes());
    for (int64_t x = 0; x < picture.width; ++x) {
      const uint32_t pixel = PixelAt(row, header.bits, x);
      if (header.has_palette()) {
        if (pixel >= header.colours) Fail("with a pixel whose colour is not in its palette");
        const size_t colour = header.palette + size_t{pixel} * header.palette_bytes;  // blue, green, red
        for (size_t channel = 3; channel-- > 0;) *to++ = static_cast<uint8_t>(Number(bytes, colour + channel, 1));
        continue;
      }
      for (int64_t channel = 0; channel < picture.channels; ++channel)
        *to++ = header.masks[static_cast<size_t>(channel)].Of(pixel);
    }
  }
  return picture;
}

}  // namespace brine
