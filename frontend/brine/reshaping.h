// Layers that give tensors another shape.
#ifndef BRINE_FRONTEND_BRINE_RESHAPING_H_
#define BRINE_FRONTEND_BRINE_RESHAPING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "arguments.h"
#include "tensor.h"

namespace brine {

// [n, a, b, …] to [n, a·b·…].
Layer Flatten(Named options = {}, Line line = Line::current());

// The elements of each row in the same order under another shape, that of one row.  One extent may be −1: it follows
// from the number of elements.
Layer Reshape(Shape target_shape, Named options = {}, Line line = Line::current());

// Changes the order of axes: axis k of the output, counted from 1, is axis dims[k − 1] of the input.  Axis 0 is n.
Layer Permute(std::vector<std::int64_t> dims, Named options = {}, Line line = Line::current());

// Repeats each row: [n, features] to [n, times, features].
Layer RepeatVector(std::int64_t times, Named options = {}, Line line = Line::current());

// Pixels at the four sides of images: one number for all, {height, width} with one number for both sides of each axis,
// or {{top, bottom}, {left, right}}.
struct Borders {
  struct Ends {
    std::int64_t before = 0;
    std::int64_t after = 0;
  };
  std::int64_t top, bottom, left, right;

  constexpr Borders(std::int64_t all) : top(all), bottom(all), left(all), right(all) {}
  constexpr Borders(std::int64_t height, std::int64_t width) : top(height), bottom(height), left(width), right(width) {}
  constexpr Borders(Ends height, Ends width)
      : top(height.before), bottom(height.after), left(width.before), right(width.after) {}
};

// Adds pixels of zeros around images.
Layer ZeroPadding2D(Borders padding = 1, Named options = {}, Line line = Line::current());

// Removes pixels at the sides of images.
Layer Cropping2D(Borders cropping = 0, Named options = {}, Line line = Line::current());

// Enlarges images by whole factors: [n, h, w, c] to [n, size.height·h, size.width·w, c].
struct UpSampling2DOptions {
  Size2D size = 2;
  std::string interpolation = "nearest";  // which repeats pixels, or "bilinear", which is that of Resizing
  std::string name = {};
};
Layer UpSampling2D(UpSampling2DOptions options = {}, Line line = Line::current());

// Resizes images to height × width.  Pixels are squares, so row i of the output has its centre at the position
// (i + ½)·h / height of an image with h rows.  "nearest" takes the pixel at this position, "bilinear" the mean of the
// four whose centres are around it, weighted by the distances.
struct ResizingOptions {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::string interpolation = "bilinear";  // or "nearest", for which bytes stay bytes
  bool crop_to_aspect_ratio = false;  // first crops images to the largest box in the middle that has these proportions
  std::string name = {};
};
Layer Resizing(ResizingOptions options, Line line = Line::current());

// The middle of images, of height × width.  Of images that are smaller, the largest box in the middle that has these
// proportions is resized.
struct CenterCropOptions {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::string name = {};
};
Layer CenterCrop(CenterCropOptions options, Line line = Line::current());

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_RESHAPING_H_
