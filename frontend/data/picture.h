// Decodes pictures: PNG, JPEG, WebP, BMP and PPM, which are recognized by their first bytes.  All functions throw Error
// (kExitBadInput), whose sentence does not name the picture.
#ifndef BRINE_FRONTEND_DATA_PICTURE_H_
#define BRINE_FRONTEND_DATA_PICTURE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "frontend/data/data.h"

namespace brine {

struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;  // [height, width, channels]
};

// What the header says: the size of the picture as it is to be seen, after turning it as EXIF says, and 1 channel for
// grey or 3 for colour.
struct PictureInfo {
  int64_t height = 0, width = 0, channels = 0;
};
PictureInfo ReadPictureInfo(std::span<const uint8_t> bytes);

// The picture as `options` wants it: turned as EXIF says, transparent pixels over the background, of options.channels
// channels (of those of the file for 0) and of the size options.height × options.width (of its own for 0).  Numbers of
// 16 bits are scaled to bytes.  The luma of colours is that of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B.
Picture DecodePicture(std::span<const uint8_t> bytes, const DataOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_PICTURE_H_
