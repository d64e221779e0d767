#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[…, k, …] = x[…, k − begin, …] for the operand x whose range [begin, end) of the axis contains k.
Lowered LowerConcatenate(const LoweringContext& context) {
  const size_t axis = static_cast<size_t>(context.attributes().Int("axis"));
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  int end = static_cast<int>(context.result_types[0].shape[axis]);
  // From the last operand to the first: an element that lies before the end of an operand is in it or in an earlier
  // one.
  Expr value;
  for (auto x = context.operands.rbegin(); x != context.operands.rend(); ++x) {
    const int extent = static_cast<int>(x->type.shape[axis]), begin = end - extent;
    Index operand_index = index;
    operand_index[axis] = clamp(index[axis] - begin, 0, extent - 1);
    const Expr element = (*x)(operand_index);
    value = value.defined() ? select(index[axis] < end, element, value) : element;
    end = begin;
  }
  return LowerPure(context, {value});
}

}  // namespace

const Algorithm kConcatenate = {&LowerConcatenate};

}  // namespace brine::codegen
