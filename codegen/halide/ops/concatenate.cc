#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[…, k, …] = x[i][…, k − begin, …] for the operand whose range begin … end contains k.
Lowered LowerConcatenate(const LoweringContext& context) {
  const size_t axis = static_cast<size_t>(context.attributes().Int("axis"));
  const Index at = ToIndex(Axes(context.out[0].rank()));
  int end = static_cast<int>(context.out[0].shape[axis]);
  Expr value;
  for (auto x = context.in.rbegin(); x != context.in.rend(); ++x) {
    const int extent = static_cast<int>(x->type.shape[axis]), begin = end - extent;
    Index inside = at;
    inside[axis] = clamp(at[axis] - begin, 0, extent - 1);
    const Expr element = (*x)(inside);
    value = value.defined() ? select(at[axis] < end, element, value) : element;
    end = begin;
  }
  return Pure(context, {value});
}

}  // namespace

const Algorithm kConcatenate = {&LowerConcatenate};

}  // namespace brine::codegen
