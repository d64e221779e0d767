// A sample as a small picture.
#ifndef BRINE_RUNTIME_TRAINER_SAMPLE_PICTURE_H_
#define BRINE_RUNTIME_TRAINER_SAMPLE_PICTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/program.h"
#include "runtime/trainer/dataset.h"

namespace brine {

struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;  // [height, width, channels]
};

// The first field of the sample that is an image of 1 or 3 channels, or has as many elements as the images that the
// program takes.  An image with a longer side than kMaxPictureSide is shrunk by a whole factor: a pixel becomes the
// mean of a block.  Numbers that are not bytes are scaled so that the smallest becomes 0 and the largest 255.  A
// picture without pixels if there is no such field.
inline constexpr int64_t kMaxPictureSide = 96;
Picture PictureOf(const brine_program& program, const Dataset& data, int64_t sample);

// {"height": 32, "width": 32, "channels": 3, "pixels": "…"}, with the pixels as base64.
std::string PictureJson(const Picture& picture);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_SAMPLE_PICTURE_H_
