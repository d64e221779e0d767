#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// dx[n, i, j, c] = dy / cells of the window that contains (i, j), where its bit in the mask is set.  Windows do not
// overlap.
Lowered LowerReluAvgPoolGrad(const LoweringContext& context) {
  const Tensor &dy = context.in[0], &mask = context.in[1];
  const std::vector<int64_t>& size = context.attributes().Ints("window");
  const ImageAxes axes = AxesOfImage();
  const int height = static_cast<int>(size[0]), width = static_cast<int>(size[1]);
  const int rows = static_cast<int>(dy.type.shape[1]), columns = static_cast<int>(dy.type.shape[2]);
  const Expr y = axes.y / height, x = axes.x / width, cell = axes.y % height * width + axes.x % width;
  const Index at = {axes.n, Halide::min(y, rows - 1), Halide::min(x, columns - 1), axes.c};
  const Expr bit = (Halide::cast<int>(mask(at)) >> cell) & 1;
  const Expr share = dy(at) / static_cast<float>(height * width);
  Lowered lowered = Pure(context, {Halide::select(bit != 0 && y < rows && x < columns, share, 0.0f)});
  lowered.nonzero = {dy.type.shape[0], rows * height, columns * width, dy.type.shape[3]};
  // The number of cells of each window that get a share is the number of set bits of the mask.
  const Index window = ToIndex(Axes(4));
  const Expr shares = Halide::cast<float>(Halide::popcount(mask(window))) / static_cast<float>(height * width);
  lowered.folded = {dy.type, MakeFunc("window", Axes(4), {dy(window) * shares}), -1};
  return lowered;
}

}  // namespace

const Algorithm kReluAvgPoolGrad = {&LowerReluAvgPoolGrad};

}  // namespace brine::codegen
