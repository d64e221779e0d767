#include "frontend/data/picture.h"

#include <algorithm>
#include <string>

#include "frontend/data/codecs.h"
#include "frontend/data/resize.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/picture_kind.h"

namespace brine {
namespace {

struct Codec {
  PictureKind kind;
  StoredInfo (*info)(Bytes bytes);
  Picture (*decode)(Bytes bytes, int reduction);
};
constexpr Codec kCodecs[] = {{PictureKind::kPng, PngInfo, DecodePng},
                             {PictureKind::kJpeg, JpegInfo, DecodeJpeg},
                             {PictureKind::kWebp, WebpInfo, DecodeWebp},
                             {PictureKind::kBmp, BmpInfo, DecodeBmp},
                             {PictureKind::kPpm, PpmInfo, DecodePpm}};

const Codec& CodecOf(Bytes bytes) {
  const PictureKind kind = PictureKindOf(bytes);
  const auto codec =
      std::find_if(std::begin(kCodecs), std::end(kCodecs), [&](const Codec& row) { return row.kind == kind; });
  if (codec == std::end(kCodecs)) throw Error(kExitBadInput, "is not a picture (PNG, JPEG, WebP, BMP or PPM)");
  return *codec;
}

// Orientations 5 to 8 of EXIF exchange rows and columns.
bool IsTransposed(int orientation) { return orientation >= 5; }

// The picture as it is to be seen.  Orientation 1 is that of the file; 2 is mirrored, 3 is turned by 180°, 4 is
// upside down, and 5 to 8 are the same after an exchange of rows and columns.
Picture Orient(Picture picture, int orientation) {
  if (orientation == 1) return picture;
  const bool transposed = IsTransposed(orientation);
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  Picture seen = {transposed ? picture.width : picture.height, transposed ? picture.height : picture.width,
                  picture.channels, std::vector<uint8_t>(picture.pixels.size())};
  uint8_t* to = seen.pixels.data();
  for (int64_t y = 0; y < seen.height; ++y) {
    const int64_t row = from_bottom ? seen.height - 1 - y : y;
    for (int64_t x = 0; x < seen.width; ++x) {
      const int64_t column = from_right ? seen.width - 1 - x : x;
      const int64_t stored = transposed ? column * picture.width + row : row * picture.width + column;
      to = std::copy_n(picture.pixels.data() + stored * picture.channels, picture.channels, to);
    }
  }
  return seen;
}

// The luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, in 1/65536.
uint8_t Luma(const uint8_t* colour) {
  return static_cast<uint8_t>((colour[0] * 19595u + colour[1] * 38470u + colour[2] * 7471u + 0x8000u) >> 16);
}

uint8_t Blend(uint8_t over, uint8_t under, uint8_t alpha) {
  return static_cast<uint8_t>((over * alpha + under * (255 - alpha) + 127) / 255);
}

// The picture without alpha and of `channels` channels.
Picture Convert(Picture picture, int64_t channels, std::array<uint8_t, 3> background) {
  const bool has_alpha = picture.channels % 2 == 0;
  const int64_t from_colours = picture.channels - (has_alpha ? 1 : 0);
  if (!has_alpha && from_colours == channels) return picture;
  Picture converted = {picture.height, picture.width, channels, {}};
  converted.pixels.reserve(static_cast<size_t>(picture.height * picture.width * channels));
  for (const uint8_t *pixel = picture.pixels.data(), *end = pixel + picture.pixels.size(); pixel < end;
       pixel += picture.channels) {
    uint8_t colour[3];
    for (int64_t channel = 0; channel < 3; ++channel) {
      colour[channel] = pixel[from_colours == 1 ? 0 : channel];
      if (has_alpha)
        colour[channel] = Blend(colour[channel], background[static_cast<size_t>(channel)], pixel[from_colours]);
    }
    if (channels == 1)
      converted.pixels.push_back(Luma(colour));
    else
      converted.pixels.insert(converted.pixels.end(), colour, colour + 3);
  }
  return converted;
}

// How many times smaller a picture may be decoded, so that both axes still have twice the pixels that they get.
int ReductionFor(const PictureInfo& info, const DataOptions& options) {
  const ResizePlan plan = PlanResize(info.height, info.width, options.height, options.width, options.resize);
  const double scale =
      std::min(plan.height / static_cast<double>(plan.new_height), plan.width / static_cast<double>(plan.new_width));
  for (const int reduction : {8, 4, 2}) {
    if (scale >= 2 * reduction) return reduction;
  }
  return 1;
}

PictureInfo SeenInfo(const StoredInfo& stored) {
  PictureInfo info = {stored.height, stored.width, stored.channels};
  if (IsTransposed(stored.orientation)) std::swap(info.height, info.width);
  return info;
}

void CheckSize(const StoredInfo& info, int64_t max_pixels) {
  int64_t pixels = 0;
  if (!__builtin_mul_overflow(info.height, info.width, &pixels) && pixels > 0 && pixels <= max_pixels) return;
  throw Error(kExitBadInput, "has " + std::to_string(info.width) + "×" + std::to_string(info.height) +
                                 " pixels; at most " + std::to_string(max_pixels) + " are allowed");
}

}  // namespace

PictureInfo ReadPictureInfo(Bytes bytes) { return SeenInfo(CodecOf(bytes).info(bytes)); }

Picture DecodePicture(Bytes bytes, const DataOptions& options) {
  const Codec& codec = CodecOf(bytes);
  const StoredInfo stored = codec.info(bytes);
  CheckSize(stored, options.max_pixels);
  const PictureInfo info = SeenInfo(stored);
  const bool resizes = options.height > 0 && (options.height != info.height || options.width != info.width);
  Picture picture = codec.decode(bytes, resizes ? ReductionFor(info, options) : 1);
  picture = Convert(Orient(std::move(picture), stored.orientation),
                    options.channels > 0 ? options.channels : info.channels, options.background);
  if (!resizes) return picture;
  picture =
      ResizePicture(picture, PlanResize(picture.height, picture.width, options.height, options.width, options.resize));
  if (picture.height == options.height && picture.width == options.width) return picture;
  std::array<uint8_t, 3> background = options.background;
  if (picture.channels == 1) background[0] = Luma(background.data());
  return PlaceOnBackground(picture, options.height, options.width, background);
}

}  // namespace brine
