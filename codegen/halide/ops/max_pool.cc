#include <limits>

#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;

// y[n, i, j, c] = the largest x in the window at (i·stride − pad, j·…), and its row-major position in the window.  Of
// equal cells, the first one is the argmax; cells outside the image never are.
Lowered LowerMaxPool(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const Window window = ir::PoolWindow(context.node);
  const RDom r(0, window.size[1], 0, window.size[0]);
  const WindowCell cell = CellOf(x, window, r);
  const std::vector<Halide::Var> args = Reversed(Axes(4));
  Func best = MakeFunc("best", Axes(4), {std::numeric_limits<float>::lowest(), 0});
  const Expr wins = cell.is_inside && cell.value > best(args)[0];
  best(args) = Halide::Tuple(Halide::select(wins, cell.value, best(args)[0]),
                             Halide::select(wins, r.y * window.size[1] + r.x, best(args)[1]));
  Lowered lowered =
      LowerPure(context, {best(args)[0], Halide::cast(ToHalide(context.result_types[1].dtype), best(args)[1])});
  lowered.accumulators = {{best, r, Accumulator::Kind::kWindow}};
  return lowered;
}

// The maximum and the argmax of the cells of one window, all of which lie inside the image.
std::vector<Expr> PoolMaxima(const std::vector<Expr>& cells) {
  Expr best = cells[0], index = 0;
  for (size_t cell = 1; cell < cells.size(); ++cell) {
    index = Halide::select(cells[cell] > best, static_cast<int>(cell), index);
    best = Halide::max(best, cells[cell]);
  }
  return {best, index};
}

}  // namespace

const Algorithm kMaxPool = {&LowerMaxPool, &PoolMaxima};

}  // namespace brine::codegen
