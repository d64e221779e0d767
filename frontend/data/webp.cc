#include <webp/decode.h>

#include <cstring>

#include "frontend/data/codecs.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

constexpr size_t kRiffHeader = 12, kChunkHeader = 8;

// A number of the container, which is little-endian, as is every machine that Brine runs on.
uint32_t LengthAt(Bytes bytes, size_t offset) {
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + offset, sizeof(length));
  return length;
}

WebPBitstreamFeatures Features(Bytes bytes) {
  if (LengthAt(bytes, 4) > bytes.size() - kChunkHeader)
    throw Error(kExitBadInput, "is a WebP file that ends too early");
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK)
    throw Error(kExitBadInput, "is a WebP file whose header cannot be read");
  if (features.has_animation != 0) throw Error(kExitBadInput, "is a WebP file with an animation, not with one picture");
  return features;
}

// The data of the chunk EXIF of the RIFF file; empty if there is none.
Bytes FindExif(Bytes file) {
  for (size_t at = kRiffHeader; at + kChunkHeader <= file.size();) {
    const size_t length = LengthAt(file, at + 4);
    if (length > file.size() - at - kChunkHeader) return {};
    if (std::memcmp(file.data() + at, "EXIF", 4) == 0) return file.subspan(at + kChunkHeader, length);
    at += kChunkHeader + length + length % 2;
  }
  return {};
}

}  // namespace

StoredInfo WebpInfo(Bytes bytes) {
  const WebPBitstreamFeatures features = Features(bytes);
  return {features.height, features.width, 3, ExifOrientation(FindExif(bytes))};
}

Picture DecodeWebp(Bytes bytes, int) {
  const WebPBitstreamFeatures features = Features(bytes);
  Picture picture = {features.height, features.width, features.has_alpha != 0 ? 4 : 3, {}};
  const auto stride = static_cast<size_t>(picture.width * picture.channels);
  picture.pixels.resize(static_cast<size_t>(picture.height) * stride);
  const auto decode = features.has_alpha != 0 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (decode(bytes.data(), bytes.size(), picture.pixels.data(), picture.pixels.size(), static_cast<int>(stride)) ==
      nullptr)
    throw Error(kExitBadInput, "is a WebP file that is truncated or damaged");
  return picture;
}

}  // namespace brine
