// Shared by convolutions and pools: windows, and copies of images with a border.
#ifndef BRINE_CODEGEN_HALIDE_IMAGES_H_
#define BRINE_CODEGEN_HALIDE_IMAGES_H_

#include <functional>
#include <string>

#include "codegen/halide/algorithm.h"
#include "ir/kinds.h"

namespace brine::codegen {

using ir::Window;

// Why the windows of the pool do not tile its images, as a clause; empty if they do.
std::string NeedsTiles(const ir::Node& pool);

// The axes of an image.
struct ImageAxes {
  Halide::Var n, y, x, c;
};
ImageAxes AxesOfImage();

// rows[n, y, x·C + c] = image[n, y, x, c] for an image of C channels.  In memory the pixels of a row are contiguous, so
// a vector that spans several pixels is a single load.
Tensor RowsOf(const Tensor& image);

// result[n, y, x, c] = image[n, (y − before) / spread, …] if that is an integer position inside the image, else 0: an
// image with a border and with spread − 1 zeros between its pixels.  `size` is the extent of y and x.
Root MakeBordered(const Tensor& image, const int before[2], const int spread[2], const int size[2]);

// A cell of the window at output (y, x): the element of the image, and whether it lies inside.  Outside, the value is
// that of the nearest pixel inside.  `r` ranges over the columns and the rows of the window.
struct WindowCell {
  Halide::Expr value, inside;
};
WindowCell CellOf(const Tensor& image, const Window& window, const Halide::RDom& r);

// The number of cells of the window at output (y, x) that lie inside an image of type `image`, as a float.
Halide::Expr CellsInside(const Window& window, const ir::Type& image, const Halide::Expr& y, const Halide::Expr& x);

// The mean of the positive cells of a window, and which cells these are: bit k of `mask`, a u8, is cell k.
struct MaskedMean {
  Halide::Expr value, mask;
};
MaskedMean MakeMaskedMean(int cells, const std::function<Halide::Expr(int cell)>& cell);

// The gradient of a pool: dx[n, i, j, c] = Σ of `share` over the windows that contain (i, j).  `share` gets the
// window's index in dy and the row and column of (i, j) within the window.
using WindowShare = std::function<Halide::Expr(const Index& window_index, const Halide::Expr& row,
                                               const Halide::Expr& column, const Window& window)>;
Lowered MakeWindowGradient(const LoweringContext& context, const WindowShare& share);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_IMAGES_H_
