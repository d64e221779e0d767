#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[n, i, j, c] = the mean of max(x, 0) over the window, and a mask with a bit for each cell that is positive.  Windows
// tile the image.
Lowered LowerReluAvgPool(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const std::vector<int64_t>& size = context.attributes().Ints("window");
  const ImageAxes axes = AxesOfImage();
  const int height = static_cast<int>(size[0]), width = static_cast<int>(size[1]);
  const MaskedMean mean = MakeMaskedMean(height * width, [&](int cell) {
    return x({axes.n, axes.y * height + cell / width, axes.x * width + cell % width, axes.c});
  });
  return LowerPure(context, {mean.value, mean.mask});
}

// The same for a window inside the image.
std::vector<Expr> PoolMaskedMeans(const std::vector<Expr>& cells) {
  const MaskedMean mean =
      MakeMaskedMean(static_cast<int>(cells.size()), [&](int cell) { return cells[static_cast<size_t>(cell)]; });
  return {mean.value, mean.mask};
}

}  // namespace

const Algorithm kReluAvgPool = {&LowerReluAvgPool, &PoolMaskedMeans};

}  // namespace brine::codegen
