#include "passes/canonicalize.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ir/kinds.h"

namespace brine::passes {
namespace {

using ir::Node;
using ir::ValueId;

// Whether the node is f(x), or f(x, c) with the same number c for all elements, for monotone f.
bool IsMonotone(const Rewriter& rewriter, const Node& node) {
  return node.op->monotone && std::all_of(node.inputs.begin() + 1, node.inputs.end(),
                                          [&](ValueId input) { return rewriter.type(input).rank() == 0; });
}

// A new value of the type of `pooled`, with the name "<pooled>.<op>".
ValueId NewValueLike(Rewriter& rewriter, ValueId pooled, const ir::Op& op) {
  return rewriter.NewValue(absl::StrCat(rewriter.name(pooled), ".", op.name), rewriter.type(pooled));
}

void PoolFirst(Rewriter& rewriter) {
  const ValueId activated = rewriter.node().inputs[0], result = rewriter.node().outputs[0],
                index = rewriter.node().outputs[1];
  if (rewriter.Reads(index) > 0) return;
  std::vector<const Node*> activations;  // those before the pool, the last one first
  ValueId x = activated;
  while (rewriter.Producer(x) != nullptr && IsMonotone(rewriter, *rewriter.Producer(x)) && rewriter.Reads(x) == 1) {
    activations.push_back(rewriter.Producer(x));
    x = rewriter.Producer(x)->inputs[0];
  }
  if (activations.empty()) return;
  // The pool, then the activations, the first one first.  The last of these nodes takes the place of the visited one.
  Node next = rewriter.node();
  next.inputs[0] = x;
  while (!activations.empty()) {
    next.outputs[0] = NewValueLike(rewriter, result, *next.op);
    const ValueId pooled = next.outputs[0];
    rewriter.Insert(std::exchange(next, *activations.back()));
    next.inputs[0] = pooled;
    activations.pop_back();
  }
  next.outputs[0] = result;
  rewriter.ReplaceWith(std::move(next));
  rewriter.EraseUnread(activated);
}

void MeanOfRelu(Rewriter& rewriter) {
  const ValueId activated = rewriter.node().inputs[0];
  const Node* const relu = rewriter.Producer(activated, ir::kRelu);
  if (relu == nullptr || rewriter.Reads(activated) != 1) return;
  if (!ir::InferTypes(ir::kReluAvgPool, {rewriter.type(activated)}, rewriter.node().attributes).ok()) return;
  rewriter.ReplaceWith(ir::kReluAvgPool, {relu->inputs[0]}, rewriter.node().attributes);
  rewriter.EraseUnread(activated);
}

void OperandOrder(Rewriter& rewriter) {
  const Node& node = rewriter.node();
  if (!node.op->commutative) return;
  const auto has_result_shape = [&](ValueId operand) {
    return rewriter.type(operand).shape == rewriter.type(node.outputs[0]).shape;
  };
  const auto is_constant = [&](ValueId operand) {
    return rewriter.Producer(operand) != nullptr && rewriter.Producer(operand)->op->is_source();
  };
  const ValueId a = node.inputs[0], b = node.inputs[1];
  const bool swaps =
      has_result_shape(a) == has_result_shape(b) ? is_constant(a) && !is_constant(b) : has_result_shape(b);
  if (!swaps) return;
  rewriter.SetInput(0, b);
  rewriter.SetInput(1, a);
}

void PadBeforeConvolution(Rewriter& rewriter) {
  const Node& node = rewriter.node();
  if (!ir::IsConvolution(*node.op) || node.op->form->convolution != ir::ContractionForm::Convolution::kForward) return;
  const Node* const pad = rewriter.Producer(node.inputs[0], ir::kPad);
  if (pad == nullptr) return;
  const ir::Shape &x = rewriter.type(pad->inputs[0]).shape, &padded = rewriter.type(node.inputs[0]).shape;
  if (x.back() != padded.back()) return;  // zeros as further channels
  const std::vector<int64_t>& begin = pad->attributes.Ints("begin");
  std::vector<int64_t> pads = node.attributes.Ints("pads");
  for (size_t axis = 0; axis < 2; ++axis) {
    pads[axis] += begin[axis + 1];
    pads[axis + 2] += padded[axis + 1] - x[axis + 1] - begin[axis + 1];
  }
  ir::Attributes attributes = node.attributes;
  attributes.Set("pads", pads);
  const ValueId image = node.inputs[0];
  const ir::Type types[] = {rewriter.type(pad->inputs[0]), rewriter.type(node.inputs[1])};
  if (!ir::InferTypes(*node.op, types, attributes).ok()) return;
  rewriter.ReplaceWith(*node.op, {pad->inputs[0], node.inputs[1]}, attributes);
  rewriter.EraseUnread(image);
}

constexpr RewriteRule kRules[] = {
    {"pool-first", "max_pool(f(x)) = f(max_pool(x))", "for monotone f, where nothing else reads f(x) or the index",
     &ir::kMaxPool, PoolFirst},
    {"mean-of-relu", "avg_pool(relu(x)) = relu_avg_pool(x)", "where nothing else reads relu(x)", &ir::kAvgPool,
     MeanOfRelu},
    {"pad-before-convolution", "conv(pad(x), w) = conv(x, w) with larger pads",
     "for pads of pixels that a window exceeds", nullptr, PadBeforeConvolution},
    {"operand-order", "f(a, b) = f(b, a)",
     "for commutative f, where b alone has the result's shape or a alone is constant", nullptr, OperandOrder},
};

}  // namespace

absl::Span<const RewriteRule> CanonicalizeRules() { return kRules; }

absl::StatusOr<bool> Canonicalize(ir::Graph& graph) { return ApplyRules(graph, CanonicalizeRules()); }

}  // namespace brine::passes
