#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;

// y[n, i, j, c] = the mean of x over the cells of the window that lie inside the image.
Lowered LowerAvgPool(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const Window window = ir::PoolWindow(context.node);
  const RDom r(0, window.size[1], 0, window.size[0]);
  const WindowCell cell = CellOf(x, window, r);
  const ImageAxes axes = AxesOfImage();
  const std::vector<Halide::Var> args = Reversed(Axes(4));
  Func sum = MakeFunc("sum", Axes(4), {0.0f});
  sum(args) += Halide::select(cell.is_inside, cell.value, 0.0f);
  Lowered lowered = LowerPure(context, {sum(args) / CellsInside(window, x.type, axes.y, axes.x)});
  lowered.accumulators = {{sum, r, Accumulator::Kind::kWindow}};
  return lowered;
}

// The same for a window inside the image.
std::vector<Expr> PoolMeans(const std::vector<Expr>& cells) {
  Expr total = 0.0f;
  for (const Expr& cell : cells) total += cell;
  return {total / static_cast<float>(cells.size())};
}

}  // namespace

const Algorithm kAvgPool = {&LowerAvgPool, &PoolMeans};

}  // namespace brine::codegen
