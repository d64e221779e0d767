#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[…, i, …] = x[…, ⌊s⌋, …], or the mean of the elements around s − ½ with the weights of linear interpolation, where
// s = (i + ½)·e / e'.  The numerators of s are whole numbers, which the op's shape rule keeps below 2³¹.
Lowered LowerResize(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const size_t axis = static_cast<size_t>(context.attributes().Int("axis"));
  const int extent = static_cast<int>(x.type.shape[axis]), size = static_cast<int>(context.result_types[0].shape[axis]);
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  const auto element = [&](const Expr& position) {
    Index source = index;
    source[axis] = Halide::clamp(position, 0, extent - 1);
    return x(source);
  };
  const Expr centre = (2 * index[axis] + 1) * extent;
  if (context.attributes().String("interpolation") == "nearest")
    return LowerPure(context, {element(centre / (2 * size))});
  const Expr below = (centre - size) / (2 * size);
  const Expr weight = Halide::cast<float>((centre - size) % (2 * size)) * (0.5f / static_cast<float>(size));
  return LowerPure(context, {element(below) * (1.0f - weight) + element(below + 1) * weight});
}

}  // namespace

const Algorithm kResize = {&LowerResize};

}  // namespace brine::codegen
