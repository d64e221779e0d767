// What passes and code generation ask about a node.  The answers follow from the kind and the traits of the node's op,
// so that no caller needs names of ops or attributes.  KindFault (op.h) refuses an op that lacks what these functions
// read.
#ifndef BRINE_IR_KINDS_H_
#define BRINE_IR_KINDS_H_

#include <vector>

#include "ir/graph.h"
#include "ir/op.h"

namespace brine::ir {

// A window that slides over images.  Index 0 is the vertical axis, 1 the horizontal one.  All numbers count pixels.
struct Window {
  int size[2];               // taps of the window
  int stride[2];             // from one position of the window to the next
  int dilation[2] = {1, 1};  // from one tap to the next
  int before[2], after[2];   // padding at the top or left, and at the bottom or right

  // The pixels from the first tap to the last one, both included.
  int extent(int axis) const { return (size[axis] - 1) * dilation[axis] + 1; }
  bool is_padded() const { return before[0] + before[1] + after[0] + after[1] > 0; }
  // Whether the positions of the window neither overlap nor leave gaps, and lie inside the image.
  bool tiles() const { return !is_padded() && stride[0] == size[0] && stride[1] == size[1]; }
};

bool IsConvolution(const Op& op);  // or one of its gradients

Window PoolWindow(const Node& node);  // of a node whose op has the kind kWindow or kWindowGrad

// Of a convolution or one of its gradients; `kernel` is [height, width, channels / groups, filters].
Window ConvolutionWindow(const Node& node, const Shape& kernel);
int ConvolutionGroups(const Node& node);

// The attributes of a convolution, or gradient of one, that differs from this one in the padding, which is `pads`
// ([top, left, bottom, right]), and in the size of x, and that has no strides and no dilation.
Attributes PlainAttributes(const Node& convolution, const std::vector<int64_t>& pads, int64_t height, int64_t width);

// Which operands a matrix product transposes; the doc of the op says what that means.
struct Transposes {
  bool a = false, b = false;
};
Transposes TransposesOf(const Node& node);  // neither, if the op lacks the form kMatrixProductForm

// The axes of its operand that the node reduces, ascending; null if the op lacks the trait `reduces_axes`.
const std::vector<int64_t>* ReducedAxes(const Node& node);

// Whether the node sums over both axes of the pixels of an image, and perhaps over others.
bool SumsPixels(const Node& node);

// The elements of a constant: one for all, or each in C order.
const std::vector<double>& SourceValues(const Node& node);

// The operands of an op of kind update are a parameter p, its gradient g, the slots, and then scalars.  Its results are
// the new p and the new slots.  The operands up to the last slot are tensors of one type.  Where all of these are 0,
// the results must be finite: codegen/driver/join_updates.h updates all parameters in one loop over their block, which
// includes the padding between them.
inline constexpr size_t kUpdatedOperand = 0, kGradientOperand = 1;
// The operand whose new content the result is.
inline size_t OperandReplacedBy(size_t result) { return result == 0 ? kUpdatedOperand : kGradientOperand + result; }
// The number of leading operands that are tensors: p, g and the slots.
inline size_t TensorOperands(const Op& update) { return update.results.size() + 1; }
std::vector<ValueId> UpdateOperands(ValueId p, ValueId g, const std::vector<ValueId>& slots,
                                    const std::vector<ValueId>& scalars);

}  // namespace brine::ir

#endif  // BRINE_IR_KINDS_H_
