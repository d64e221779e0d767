// What convolutions and pools share: the cells of windows, and copies of images with a border.
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

// The axes of an image [n, y, x, c] as the variables Axis(3), …, Axis(0).
struct ImageAxes {
  Halide::Var n, y, x, c;
};
ImageAxes AxesOfImage();

// Tells Halide the extents of an image, a Func over these axes, that is computed at the top of a kernel.
void BoundImage(Halide::Func& image, int height, int width, int channels, const Halide::Expr& batch_extent);

// rows[n, y, x·C + c] = image[n, y, x, c] for an image of C channels.  In memory the pixels of a row are contiguous, so
// a vector that spans several pixels is a single load.
Tensor RowsOf(const Tensor& image);

// A copy of an image with a border of zeros and with dilation − 1 zeros between its pixels, of `size` rows and columns:
//   result[n, y, x, c] = image[n, (y − before[0]) / dilation[0], (x − before[1]) / dilation[1], c]
// where both quotients are whole and inside the image, else 0.
StoredFunc MakeBordered(const Tensor& image, const int before[2], const int dilation[2], const int size[2]);

// One cell of the window of a result, which is at the axes of an image: the element of the image under that cell, and
// whether it is inside the image.  A cell that is not has the value of the nearest pixel.
struct WindowCell {
  Halide::Expr value, is_inside;
};

// The cell in column r.x and row r.y of the window.
WindowCell CellOf(const Tensor& image, const Window& window, const Halide::RDom& r);

// The number of cells inside an image of type `image`, as a float, for the window of the result at (y, x).
Halide::Expr CellsInside(const Window& window, const ir::Type& image, const Halide::Expr& y, const Halide::Expr& x);

// The mean of max(cell, 0) over the cells of a window, and which cells are positive: bit k of `mask`, a u8, is cell k.
struct MaskedMean {
  Halide::Expr value, mask;
};

// The masked mean of cell(0), …, cell(cells − 1).  There are at most eight cells.
MaskedMean MakeMaskedMean(int cells, const std::function<Halide::Expr(int cell)>& cell);

// What a window contributes to the gradient of one of its cells.  `window_index` is the index of the window in dy;
// `row` and `column` are those of the cell in the window.
using WindowShare = std::function<Halide::Expr(const Index& window_index, const Halide::Expr& row,
                                               const Halide::Expr& column, const Window& window)>;

// The lowering of the gradient of a pool, whose first operand is dy:
//   dx[n, i, j, c] = Σ of `share` over the windows that contain pixel (i, j)
Lowered MakeWindowGradient(const LoweringContext& context, const WindowShare& share);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_IMAGES_H_
