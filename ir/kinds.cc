#include "ir/kinds.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "ir/check.h"

namespace brine::ir {
namespace {

bool IsSource(const Op& op) { return op.is_source(); }
bool IsPool(const Op& op) { return op.kind == OpKind::kWindow || op.kind == OpKind::kWindowGrad; }
bool IsInputGrad(const Op& op) {
  return op.form != nullptr && op.form->convolution == ContractionForm::Convolution::kInputGrad;
}
bool IsMatrixProduct(const Op& op) { return op.form == &kMatrixProductForm; }
bool ReducesAxes(const Op& op) { return op.reduces_axes; }

// An attribute that a class of ops must have, because the functions of this file read it.
struct RequiredAttribute {
  bool (*is_required_of)(const Op& op);
  absl::string_view name;
  AttributeKind kind;
};

constexpr RequiredAttribute kRequiredAttributes[] = {
    {IsSource, "values", AttributeKind::kFloats},
    {IsPool, "window", AttributeKind::kInts},
    {IsPool, "strides", AttributeKind::kInts},
    {IsPool, "pads", AttributeKind::kInts},
    {IsConvolution, "strides", AttributeKind::kInts},
    {IsConvolution, "pads", AttributeKind::kInts},
    {IsConvolution, "dilations", AttributeKind::kInts},
    {IsConvolution, "groups", AttributeKind::kInt},
    {IsInputGrad, "input_size", AttributeKind::kInts},
    {IsMatrixProduct, "transpose_a", AttributeKind::kBool},
    {IsMatrixProduct, "transpose_b", AttributeKind::kBool},
    {ReducesAxes, "axes", AttributeKind::kInts},
};

// The attributes of the node, of which the caller reads `attribute`.  The check ensures that the table above has a row
// for everything that this file reads.
const Attributes& AttributesWith(const Node& node, absl::string_view attribute) {
  BRINE_CHECK(std::any_of(std::begin(kRequiredAttributes), std::end(kRequiredAttributes),
                          [&](const RequiredAttribute& required) {
                            return required.name == attribute && required.is_required_of(*node.op);
                          }));
  return node.attributes;
}

const std::vector<int64_t>& Ints(const Node& node, absl::string_view attribute) {
  return AttributesWith(node, attribute).Ints(attribute);
}
bool Bool(const Node& node, absl::string_view attribute) { return AttributesWith(node, attribute).Bool(attribute); }

Window WindowOf(const Node& node, int64_t height, int64_t width) {
  const std::vector<int64_t>&strides = Ints(node, "strides"), &pads = Ints(node, "pads");
  const int64_t size[2] = {height, width};
  Window window;
  for (size_t axis = 0; axis < 2; ++axis) {
    window.size[axis] = static_cast<int>(size[axis]);
    window.stride[axis] = static_cast<int>(strides[axis]);
    window.before[axis] = static_cast<int>(pads[axis]);
    window.after[axis] = static_cast<int>(pads[axis + 2]);
  }
  return window;
}

bool HasOperands(const Op& op, size_t count) { return op.operands.size() == count && !op.variadic; }
bool IsOperand(const Op& op, int index) { return index < static_cast<int>(op.operands.size()); }

bool ReplacesOperandsOfOtherNames(const Op& op) {
  for (size_t result = 0; op.is_update() && result < op.results.size(); ++result) {
    const size_t operand = OperandReplacedBy(result);
    if (operand >= op.operands.size() || op.operands[operand] != op.results[result]) return true;
  }
  return false;
}

// What users of a kind or a trait rely on beside attributes.
struct Rule {
  bool (*is_broken_by)(const Op& op);
  const char* fault;
};

constexpr Rule kRules[] = {
    {[](const Op& op) { return op.kind == OpKind::kContraction && !HasOperands(op, 2); },
     "a contraction has two operands"},
    {[](const Op& op) { return op.kind == OpKind::kContraction && op.results.size() != 1; },
     "a contraction has one result"},
    {[](const Op& op) { return op.kind == OpKind::kContraction && op.flops == nullptr; },
     "a contraction counts its floating-point operations"},
    {[](const Op& op) { return op.form != nullptr && op.kind != OpKind::kContraction; },
     "an op with a form is a contraction"},
    {[](const Op& op) { return op.kind == OpKind::kWindow && !HasOperands(op, 1); }, "a pool has one operand"},
    {[](const Op& op) { return op.reduces_axes && op.kind != OpKind::kReduction; },
     "an op that reduces axes is a reduction"},
    {[](const Op& op) { return op.reduces_axes && !HasOperands(op, 1); }, "an op that reduces axes has one operand"},
    {[](const Op& op) { return op.sum && (!op.reduces_axes || op.results.size() != 1); },
     "a sum reduces axes to one result"},
    {[](const Op& op) { return op.is_elementwise() && !op.is_update() && op.results.size() != 1; },
     "an elementwise op has one result"},
    {[](const Op& op) { return op.commutative && !HasOperands(op, 2); }, "a commutative op has two operands"},
    {[](const Op& op) { return op.adds && (!op.commutative || op.kind != OpKind::kElementwise); },
     "an op that adds is elementwise and commutative"},
    {[](const Op& op) { return op.monotone && op.kind != OpKind::kElementwise; }, "a monotone op is elementwise"},
    {[](const Op& op) { return op.selects_positive && (op.kind != OpKind::kElementwise || !HasOperands(op, 2)); },
     "an op that selects by a second operand is elementwise in two"},
    {[](const Op& op) {
       return op.argmax_operand >= 0 && (op.kind != OpKind::kWindowGrad || !IsOperand(op, op.argmax_operand));
     },
     "an argmax is an operand of a pool's gradient"},
    {[](const Op& op) { return op.keeps_pixel_sums && op.kind != OpKind::kWindowGrad; },
     "an op that keeps the sums of pixels is the gradient of a pool"},
    {[](const Op& op) { return !IsOperand(op, op.in_training) || !IsOperand(op, op.outside_training); },
     "what replaces the result is an operand"},
    {ReplacesOperandsOfOtherNames,
     "an update's operands are p, g, slots and scalars, its results p and the slots, by the same names"},
};

}  // namespace

bool IsConvolution(const Op& op) {
  return op.form != nullptr && op.form->convolution != ContractionForm::Convolution::kNone;
}

std::string KindFault(const Op& op) {
  if (op.kind == OpKind::kUnknown) return "it has no kind";
  for (const RequiredAttribute& required : kRequiredAttributes) {
    if (!required.is_required_of(op)) continue;
    const AttributeSpec* const spec = op.FindAttribute(required.name);
    if (spec == nullptr) return absl::StrCat("it lacks the attribute ", required.name);
    if (spec->kind != required.kind) return absl::StrCat("its attribute ", required.name, " has the wrong kind");
  }
  for (const Rule& rule : kRules) {
    if (rule.is_broken_by(op)) return rule.fault;
  }
  return "";
}

Window PoolWindow(const Node& node) {
  const std::vector<int64_t>& size = Ints(node, "window");
  return WindowOf(node, size[0], size[1]);
}

Window ConvolutionWindow(const Node& node, const Shape& kernel) {
  Window window = WindowOf(node, kernel[0], kernel[1]);
  const std::vector<int64_t>& dilations = Ints(node, "dilations");
  // A single tap has no distance to another one.
  for (size_t axis = 0; axis < 2; ++axis)
    window.dilation[axis] = window.size[axis] == 1 ? 1 : static_cast<int>(dilations[axis]);
  return window;
}

int ConvolutionGroups(const Node& node) { return static_cast<int>(AttributesWith(node, "groups").Int("groups")); }

Attributes PlainAttributes(const Node& convolution, const std::vector<int64_t>& pads, int64_t height, int64_t width) {
  Attributes attributes = convolution.attributes;
  attributes.Set("pads", pads);
  attributes.Set("strides", std::vector<int64_t>(2, 1));
  attributes.Set("dilations", std::vector<int64_t>(2, 1));
  if (IsInputGrad(*convolution.op)) attributes.Set("input_size", std::vector<int64_t>{height, width});
  return attributes;
}

Transposes TransposesOf(const Node& node) {
  if (!IsMatrixProduct(*node.op)) return {};
  return {Bool(node, "transpose_a"), Bool(node, "transpose_b")};
}

const std::vector<int64_t>* ReducedAxes(const Node& node) {
  return ReducesAxes(*node.op) ? &Ints(node, "axes") : nullptr;
}

bool SumsPixels(const Node& node) {
  if (!node.op->sum) return false;
  const std::vector<int64_t>& axes = *ReducedAxes(node);
  // The axes 1 and 2 of an image [n, height, width, channels].
  return std::count(axes.begin(), axes.end(), 1) + std::count(axes.begin(), axes.end(), 2) == 2;
}

const std::vector<double>& SourceValues(const Node& node) { return AttributesWith(node, "values").Floats("values"); }

std::vector<ValueId> UpdateOperands(ValueId p, ValueId g, const std::vector<ValueId>& slots,
                                    const std::vector<ValueId>& scalars) {
  std::vector<ValueId> operands = {p, g};
  operands.insert(operands.end(), slots.begin(), slots.end());
  operands.insert(operands.end(), scalars.begin(), scalars.end());
  return operands;
}

}  // namespace brine::ir
