#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y has the elements of x in the same order, in another shape.
Lowered LowerReshape(const LoweringContext& context) {
  const ir::Type &from = context.operands[0].type, &to = context.result_types[0];
  const Index index = ToIndex(Axes(to.rank()));
  // If there is an axis of n, it is the first one of both shapes and keeps its index.  The other axes are flattened and
  // split again.
  const size_t first_axis = !to.shape.empty() && to.shape[0] == ir::kBatch ? 1 : 0;
  Expr position = 0;
  for (size_t axis = first_axis; axis < to.shape.size(); ++axis)
    position = position * static_cast<int>(to.shape[axis]) + index[axis];
  Index source(from.shape.size());
  for (size_t axis = from.shape.size(); axis-- > first_axis;) {
    const int extent = static_cast<int>(from.shape[axis]);
    source[axis] = axis == first_axis ? position : position % extent;
    position = position / extent;
  }
  if (first_axis == 1) source[0] = index[0];
  return LowerPure(context, {context.operands[0].ReadPromised(source, context.batch_extent)});
}

}  // namespace

const Algorithm kReshape = {&LowerReshape};

}  // namespace brine::codegen
