#include "passes/canonicalize.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace brine::passes {
namespace {

using ir::Node;
using ir::ValueId;

bool IsMonotone(const ir::Op& op) { return op.monotone && op.is_elementwise() && op.operands.size() == 1; }

// Makes the name "pooled.tanh" for the tanh of a pooled value.
ValueId NewValueLike(Rewriter& at, ValueId pooled, const ir::Op& op) {
  return at.NewValue(absl::StrCat(at.name(pooled), ".", op.name), at.type(pooled));
}

void PoolFirst(Rewriter& at) {
  const ValueId activated = at.node().inputs[0], result = at.node().outputs[0], index = at.node().outputs[1];
  if (at.Reads(index) > 0) return;
  std::vector<const Node*> activations;  // before the pool, the last one first
  ValueId x = activated;
  while (at.Maker(x) != nullptr && IsMonotone(*at.Maker(x)->op) && at.Reads(x) == 1) {
    activations.push_back(at.Maker(x));
    x = at.Maker(x)->inputs[0];
  }
  if (activations.empty()) return;
  Node next = at.node();
  next.inputs[0] = x;
  while (!activations.empty()) {
    next.outputs[0] = NewValueLike(at, result, *next.op);
    const ValueId pooled = next.outputs[0];
    at.Insert(std::exchange(next, *activations.back()));
    next.inputs[0] = pooled;
    activations.pop_back();
  }
  next.outputs[0] = result;
  at.Become(std::move(next));
  at.EraseUnread(activated);
}

void MeanOfRelu(Rewriter& at) {
  const ValueId activated = at.node().inputs[0];
  const Node* const relu = at.Maker(activated, ir::kRelu);
  if (relu == nullptr || at.Reads(activated) != 1) return;
  if (!ir::InferTypes(ir::kReluAvgPool, {at.type(activated)}, at.node().attributes).ok()) return;
  at.Become(ir::kReluAvgPool, {relu->inputs[0]}, at.node().attributes);
  at.EraseUnread(activated);
}

void OperandOrder(Rewriter& at) {
  const Node& node = at.node();
  if (!node.op->commutative) return;
  const auto fits = [&](ValueId operand) { return at.type(operand).shape == at.type(node.outputs[0]).shape; };
  const auto constant = [&](ValueId operand) {
    return at.Maker(operand) != nullptr && at.Maker(operand)->op->is_source();
  };
  const ValueId a = node.inputs[0], b = node.inputs[1];
  const bool swaps = fits(a) == fits(b) ? constant(a) && !constant(b) : fits(b);
  if (!swaps) return;
  at.SetInput(0, b);
  at.SetInput(1, a);
}

constexpr RewriteRule kRules[] = {
    {"pool-first", "max_pool(f(x)) = f(max_pool(x))", "for monotone f, where nothing else reads f(x) or the index",
     &ir::kMaxPool, PoolFirst},
    {"mean-of-relu", "avg_pool(relu(x)) = relu_avg_pool(x)", "where nothing else reads relu(x)", &ir::kAvgPool,
     MeanOfRelu},
    {"operand-order", "f(a, b) = f(b, a)",
     "for commutative f, where b alone has the result's shape or a alone is constant", nullptr, OperandOrder},
};

}  // namespace

absl::Span<const RewriteRule> CanonicalizeRules() { return kRules; }

absl::StatusOr<bool> Canonicalize(ir::Graph& graph) { return ApplyRules(graph, CanonicalizeRules()); }

}  // namespace brine::passes
