#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[i, j, …] = x[i − begin[0], j − begin[1], …] if this is an element of x, else 0
Lowered LowerPad(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const ir::Shape& shape = context.result_types[0].shape;
  Index index = ToIndex(Axes(context.result_types[0].rank()));
  Expr is_inside = Halide::Internal::const_true();
  for (size_t axis = 0; axis < index.size(); ++axis) {
    if (shape[axis] == x.type.shape[axis]) continue;
    const Expr position = index[axis] - static_cast<int>(context.attributes().Ints("begin")[axis]);
    is_inside = is_inside && IsInside(position, x.type.shape[axis]);
    index[axis] = Halide::clamp(position, 0, static_cast<int>(x.type.shape[axis]) - 1);
  }
  return LowerPure(context, {Halide::select(is_inside, x(index), Halide::cast(ToHalide(x.type.dtype), 0))});
}

}  // namespace

const Algorithm kPad = {&LowerPad};

}  // namespace brine::codegen
