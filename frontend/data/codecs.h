// The decoders of picture.h, one for each kind of picture.  They throw Error (kExitBadInput).
#ifndef BRINE_FRONTEND_DATA_CODECS_H_
#define BRINE_FRONTEND_DATA_CODECS_H_

#include <cstdint>
#include <span>

#include "frontend/data/picture.h"

namespace brine {

using Bytes = std::span<const uint8_t>;

// What the header of a file says about the picture as it is stored.
struct StoredInfo {
  int64_t height = 0, width = 0;
  int64_t channels = 0;  // 1 or 3, without alpha
  int orientation = 1;   // of EXIF
};

// Decoded pictures have 1 to 4 channels; an even number is one with alpha.  The size of the picture has been checked.
// `reduction`, which is 1, 2, 4 or 8, is how many times smaller in both axes the result may be; only JPEG is.
StoredInfo PngInfo(Bytes bytes);
Picture DecodePng(Bytes bytes, int reduction);
StoredInfo JpegInfo(Bytes bytes);
Picture DecodeJpeg(Bytes bytes, int reduction);
StoredInfo WebpInfo(Bytes bytes);
Picture DecodeWebp(Bytes bytes, int reduction);
StoredInfo BmpInfo(Bytes bytes);
Picture DecodeBmp(Bytes bytes, int reduction);
StoredInfo PpmInfo(Bytes bytes);
Picture DecodePpm(Bytes bytes, int reduction);

// The orientation, 1 to 8, that an EXIF block says, which begins with the header of TIFF; 1 if it says none.
int ExifOrientation(Bytes tiff);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_CODECS_H_
