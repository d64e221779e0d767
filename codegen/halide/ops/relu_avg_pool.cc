#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[n, i, j, c] = the mean of max(x, 0) over the window; mask = a bit for each cell that is positive.
Lowered LowerReluAvgPool(const LoweringContext& context) {
  const Tensor& x = context.in[0];
  const std::vector<int64_t>& size = context.attributes().Ints("window");
  const ImageAxes at = AxesOfImage();
  const int height = static_cast<int>(size[0]), width = static_cast<int>(size[1]);
  const MaskedMean mean = MakeMaskedMean(height * width, [&](int cell) {
    return x({at.n, at.y * height + cell / width, at.x * width + cell % width, at.c});
  });
  return Pure(context, {mean.value, mean.mask});
}

std::vector<Expr> PoolMaskedMeans(const std::vector<Expr>& cells) {
  const MaskedMean mean =
      MakeMaskedMean(static_cast<int>(cells.size()), [&](int cell) { return cells[static_cast<size_t>(cell)]; });
  return {mean.value, mean.mask};
}

}  // namespace

const Algorithm kReluAvgPool = {&LowerReluAvgPool, &PoolMaskedMeans};

}  // namespace brine::codegen
