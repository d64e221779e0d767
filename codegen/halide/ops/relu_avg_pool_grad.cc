#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// dx[n, i, j, c] = dy of the window that contains (i, j), over its number of cells, if the bit of (i, j) in the
// window's mask is set, else 0.  Windows tile the image; pixels after the last window have no gradient.
Lowered LowerReluAvgPoolGrad(const LoweringContext& context) {
  const Tensor &dy = context.operands[0], &mask = context.operands[1];
  const std::vector<int64_t>& size = context.attributes().Ints("window");
  const ImageAxes axes = AxesOfImage();
  const int height = static_cast<int>(size[0]), width = static_cast<int>(size[1]);
  const int rows = static_cast<int>(dy.type.shape[1]), columns = static_cast<int>(dy.type.shape[2]);
  const Expr y = axes.y / height, x = axes.x / width, cell = axes.y % height * width + axes.x % width;
  const Index window_index = {axes.n, Halide::min(y, rows - 1), Halide::min(x, columns - 1), axes.c};
  const Expr bit = (Halide::cast<int>(mask(window_index)) >> cell) & 1;
  const Expr share = dy(window_index) / static_cast<float>(height * width);
  Lowered lowered = LowerPure(context, {Halide::select(bit != 0 && y < rows && x < columns, share, 0.0f)});
  lowered.nonzero_shape = {dy.type.shape[0], rows * height, columns * width, dy.type.shape[3]};
  // The sum over the cells of a window is dy times the share of set bits in its mask.
  const Index window = ToIndex(Axes(4));
  const Expr share_of_cells = Halide::cast<float>(Halide::popcount(mask(window))) / static_cast<float>(height * width);
  lowered.pixel_sum_source = {dy.type, MakeFunc("window", Axes(4), {dy(window) * share_of_cells}), -1};
  return lowered;
}

}  // namespace

const Algorithm kReluAvgPoolGrad = {&LowerReluAvgPoolGrad};

}  // namespace brine::codegen
