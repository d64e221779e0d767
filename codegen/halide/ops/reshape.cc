#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y holds the elements of x in the same order under another shape.
Lowered LowerReshape(const LoweringContext& context) {
  const ir::Type &from = context.in[0].type, &to = context.out[0];
  const Index at = ToIndex(Axes(to.rank()));
  // n, if there is one, is the first axis on both sides and keeps its index; the other axes are flattened and split
  // again.
  const size_t first = !to.shape.empty() && to.shape[0] == ir::kBatch ? 1 : 0;
  Expr flat = 0;
  for (size_t axis = first; axis < to.shape.size(); ++axis) flat = flat * static_cast<int>(to.shape[axis]) + at[axis];
  Index source(from.shape.size());
  for (size_t axis = from.shape.size(); axis-- > first;) {
    const int extent = static_cast<int>(from.shape[axis]);
    source[axis] = axis == first ? flat : flat % extent;
    flat = flat / extent;
  }
  if (first == 1) source[0] = at[0];
  return Pure(context, {context.in[0].Inside(source, context.rows)});
}

}  // namespace

const Algorithm kReshape = {&LowerReshape};

}  // namespace brine::codegen
