// What convolutions and pools share: their attributes, and copies of pictures with a border.
#ifndef BRINE_CODEGEN_IMAGES_H_
#define BRINE_CODEGEN_IMAGES_H_

#include <functional>

#include "codegen/algorithm.h"

namespace brine::codegen {

// A window sliding over a picture [n, h, w, c]: [0] is the vertical axis, [1] the horizontal one.
struct Window {
  int size[2], stride[2], dilation[2] = {1, 1}, before[2], after[2];

  int reach(int axis) const { return (size[axis] - 1) * dilation[axis] + 1; }
};

Window MakeWindow(const ir::Attributes& attributes, int64_t height,
                  int64_t width);  // pads, strides and, where there are, dilations

// The axes of a picture.
struct Picture {
  Halide::Var n, y, x, c;
};
Picture PictureAxes();

// result[n, y, x, c] = image[n, (y − before) / spread, …] where that is a whole position inside, else 0: a picture with
// a border and with spread − 1 zeros between its pixels.  `size` is the extent of y and x.
Root MakeBordered(const Tensor& image, const int before[2], const int spread[2], const int size[2]);

// The number of cells of the window at output (y, x) that lie inside a picture of type `picture`, as a float.
Halide::Expr CellsInside(const Window& window, const ir::Type& picture, const Halide::Expr& y, const Halide::Expr& x);

// The mean of the positive ones of a window's cells, and which these are: bit k of `mask`, a u8, is cell k.
struct MaskedMean {
  Halide::Expr value, mask;
};
MaskedMean MakeMaskedMean(int cells, const std::function<Halide::Expr(int cell)>& cell);

// The gradient of a pool: dx[n, i, j, c] = Σ of `share` over the windows that hold (i, j).  `share` is given the
// window's index in dy and the row and column of (i, j) within it.
using WindowShare = std::function<Halide::Expr(const Index& at, const Halide::Expr& row, const Halide::Expr& column,
                                               const Window& window)>;
Lowered MakeWindowGradient(const LoweringContext& context, const WindowShare& share);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_IMAGES_H_
