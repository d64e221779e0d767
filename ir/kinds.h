// What passes and code generation read of a node by the kind and the traits of its op, instead of by the names of
// attributes.  KindFault (op.h) finds ops that lack what these functions read.
#ifndef BRINE_IR_KINDS_H_
#define BRINE_IR_KINDS_H_

#include <vector>

#include "ir/graph.h"
#include "ir/op.h"

namespace brine::ir {

// A window that slides over images.  [0] is the vertical axis, [1] the horizontal one.
struct Window {
  int size[2], stride[2], dilation[2] = {1, 1}, before[2], after[2];  // before and after: the pads

  int reach(int axis) const { return (size[axis] - 1) * dilation[axis] + 1; }
  bool padded() const { return before[0] + before[1] + after[0] + after[1] > 0; }
  // Its places neither overlap nor leave gaps, and lie inside the image.
  bool tiles() const { return !padded() && stride[0] == size[0] && stride[1] == size[1]; }
};

Window PoolWindow(const Node& node);  // of an op of kind window or window-grad

// Of an op with the trait `convolution`, whose kernel has the shape [height, width, channels / groups, filters].
Window ConvolutionWindow(const Node& node, const Shape& kernel);
int ConvolutionGroups(const Node& node);

// The operands that an op with the trait `matrix_product` transposes, as its doc says.
struct Transposes {
  bool a = false, b = false;
};
Transposes TransposesOf(const Node& node);  // neither, if the op lacks the trait

// The axes of its operand that the node reduces, ascending; null if its op lacks the trait `reduces_axes`.
const std::vector<int64_t>* ReducedAxes(const Node& node);
bool SumsPixels(const Node& node);  // whether it adds up all pixels of an image, and perhaps more

const std::vector<double>& SourceValues(const Node& node);  // of an op of kind source

// The operands of an op of kind update are p, its gradient g, the slots, and then scalars; its results are the new p
// and the new slots.  Operands up to the last slot are tensors of one type.  Where all of them are 0, the results must
// be finite: the updates of all parameters are one loop over their block, padding included
// (codegen/driver/join_updates.h).
inline constexpr size_t kUpdatedOperand = 0, kGradientOperand = 1;
inline size_t OperandReplacedBy(size_t result) { return result == 0 ? kUpdatedOperand : kGradientOperand + result; }
inline size_t TensorOperands(const Op& update) { return update.results.size() + 1; }
std::vector<ValueId> UpdateOperands(ValueId p, ValueId g, const std::vector<ValueId>& slots,
                                    const std::vector<ValueId>& scalars);

}  // namespace brine::ir

#endif  // BRINE_IR_KINDS_H_
