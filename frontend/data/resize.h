// Resizes pictures with antialiasing.
#ifndef BRINE_FRONTEND_DATA_RESIZE_H_
#define BRINE_FRONTEND_DATA_RESIZE_H_

#include <array>
#include <cstdint>

#include "frontend/data/picture.h"

namespace brine {

// The part of a picture to resize, and the size that it gets; in pixels, where the part may end within some.
struct ResizePlan {
  double top = 0, left = 0, height = 0, width = 0;  // of the part
  int64_t new_height = 0, new_width = 0;
};

// What `mode` makes of a picture of height × width for a target of target_height × target_width: the whole picture for
// kStretch, the whole picture and a size within the target for kFit, and a part for kCrop.
ResizePlan PlanResize(int64_t height, int64_t width, int64_t target_height, int64_t target_width, Resize mode);

// Bilinear interpolation with antialiasing: each new pixel is the mean of the pixels around its centre, weighted by a
// triangle whose half width is one pixel of the larger of the two pictures.  With equal sizes the result is the
// picture.  These are the values of Pillow's Image.resize(…, BILINEAR, box), but for rounding.
Picture ResizePicture(const Picture& picture, const ResizePlan& plan);

// The picture in the middle of a larger one in the background's colour, of which pictures with one channel have the
// first number.
Picture PlaceOnBackground(const Picture& picture, int64_t height, int64_t width, std::array<uint8_t, 3> background);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_RESIZE_H_
