#include "passes/simplify.h"

#include <algorithm>
#include <utility>

#include "ir/op.h"
#include "ir/status.h"
#include "passes/edit.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Shape;
using ir::ValueId;

// The shape without its leading extents of 1.
Shape Core(const Shape& shape) {
  return Shape(std::find_if(shape.begin(), shape.end(), [](ir::Dim dim) { return dim != 1; }), shape.end());
}

class Simplifier {
 public:
  explicit Simplifier(Graph& graph)
      : graph_(graph),
        uses_(FindUses(graph)),
        producer_(graph.values.size(), nullptr),
        replacement_(graph.values.size(), ir::kNoValue) {}

  // In order, so that a node sees its operands simplified.
  bool Run() {
    for (Node& node : graph_.nodes) {
      for (ValueId& input : node.inputs) {
        if (Replacement(input) != ir::kNoValue) input = Replacement(input);
      }
      if (node.op == &ir::kReshape || node.op == &ir::kBroadcast) SkipReshape(node);
      if (node.op == &ir::kReduceSum) SkipPoolGradient(node);
      if (node.op == &ir::kAdd || node.op == &ir::kSub || node.op == &ir::kMul || node.op == &ir::kDiv)
        SkipBroadcasts(node);
      const ValueId result = node.outputs[0], same = FindEqual(node);
      if (same != ir::kNoValue && graph_.type(same) == graph_.type(result)) {
        changed_ |= !uses_.Unread(result);
        replacement_[static_cast<size_t>(result)] = same;
      }
      for (ValueId output : node.outputs) producer_[static_cast<size_t>(output)] = &node;
    }
    ReplaceReads(graph_, replacement_);
    return changed_;
  }

 private:
  ValueId Replacement(ValueId value) const { return replacement_[static_cast<size_t>(value)]; }

  // The node that makes `value`, if it is an application of `op`.
  const Node* Made(ValueId value, const ir::Op& op) const {
    const Node* node = producer_[static_cast<size_t>(value)];
    return node != nullptr && node->op == &op ? node : nullptr;
  }

  bool IsConstant(ValueId value, double number) const {
    const Node* node = Made(value, ir::kConstant);
    if (node == nullptr) return false;
    const std::vector<double>& values = node->attributes.Floats("values");
    return values.size() == 1 && values[0] == number;
  }

  void SetInput(Node& node, size_t index, ValueId value) {
    node.inputs[index] = value;
    changed_ = true;
  }

  // reshape(reshape(x)) = reshape(x), broadcast(reshape(x)) = broadcast(x)
  void SkipReshape(Node& node) {
    const Node* reshape = Made(node.inputs[0], ir::kReshape);
    if (reshape == nullptr) return;
    const ValueId x = reshape->inputs[0];
    if (node.op == &ir::kBroadcast) {
      const Shape &before = graph_.type(x).shape, &after = graph_.type(node.inputs[0]).shape;
      if (Core(before) != Core(after) || before.size() > graph_.type(node.outputs[0]).shape.size()) return;
    }
    SetInput(node, 0, x);
  }

  // Σ max_pool_grad(dy, index) = Σ dy, Σ avg_pool_grad(dy) = Σ dy
  void SkipPoolGradient(Node& node) {
    const Node* pool = Made(node.inputs[0], ir::kMaxPoolGrad);
    if (pool == nullptr) pool = Made(node.inputs[0], ir::kAvgPoolGrad);
    const std::vector<int64_t>& axes = node.attributes.Ints("axes");
    const bool keeps_size = node.attributes.Bool("keep_dims") ||
                            std::count(axes.begin(), axes.end(), 1) + std::count(axes.begin(), axes.end(), 2) < 2;
    if (pool != nullptr && !keeps_size) SetInput(node, 0, pool->inputs[0]);
  }

  // f(a, broadcast(x)) = f(a, x)
  void SkipBroadcasts(Node& node) {
    const Shape& result = graph_.type(node.outputs[0]).shape;
    for (size_t index = 0; index < 2; ++index) {
      const Node* broadcast = Made(node.inputs[index], ir::kBroadcast);
      if (broadcast != nullptr && graph_.type(node.inputs[1 - index]).shape == result)
        SetInput(node, index, broadcast->inputs[0]);
    }
  }

  // A value that the node's result equals, or kNoValue.
  ValueId FindEqual(const Node& node) const {
    const auto right_is = [&](double number) { return IsConstant(node.inputs[1], number); };
    const auto left_is = [&](double number) { return IsConstant(node.inputs[0], number); };
    if (node.op == &ir::kReshape || node.op == &ir::kBroadcast) return node.inputs[0];
    if (node.op == &ir::kAdd && right_is(0)) return node.inputs[0];
    if (node.op == &ir::kAdd && left_is(0)) return node.inputs[1];
    if (node.op == &ir::kMul && right_is(1)) return node.inputs[0];
    if (node.op == &ir::kMul && left_is(1)) return node.inputs[1];
    if (node.op == &ir::kSub && right_is(0)) return node.inputs[0];
    if (node.op == &ir::kDiv && right_is(1)) return node.inputs[0];
    if (node.op == &ir::kNeg) {
      const Node* inner = Made(node.inputs[0], ir::kNeg);
      if (inner != nullptr) return inner->inputs[0];
    }
    return ir::kNoValue;
  }

  Graph& graph_;
  const Uses uses_;
  std::vector<const Node*> producer_;  // by value
  std::vector<ValueId> replacement_;   // by value
  bool changed_ = false;
};

// relu_grad(reshape(dy), y) = reshape(relu_grad(dy, reshape(y)))
absl::StatusOr<bool> MasksBeforeViews(Graph& graph) {
  const std::vector<Node> old = std::exchange(graph.nodes, {});
  std::vector<const Node*> producer(graph.values.size(), nullptr);
  bool changed = false;
  for (const Node& node : old) {
    for (ValueId output : node.outputs) producer[static_cast<size_t>(output)] = &node;
    const Node* view = node.op == &ir::kReluGrad ? producer[static_cast<size_t>(node.inputs[0])] : nullptr;
    if (view == nullptr || view->op != &ir::kReshape) {
      graph.nodes.push_back(node);
      continue;
    }
    const ValueId dy = view->inputs[0];
    const auto add = [&](const ir::Op& op, std::vector<ValueId> inputs, ir::Attributes attributes = {}) {
      return graph.AddNode(op, std::move(inputs), std::move(attributes), node.locations,
                           graph.value(node.outputs[0]).name);
    };
    BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> y,
                           add(ir::kReshape, {node.inputs[1]}, {{"shape", graph.type(dy).shape}}));
    BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> masked, add(ir::kReluGrad, {dy, y[0]}));
    Node back = *view;
    back.inputs = {masked[0]};
    back.outputs = node.outputs;
    graph.nodes.push_back(std::move(back));
    changed = true;
  }
  return changed;
}

}  // namespace

absl::StatusOr<bool> Simplify(Graph& graph) {
  BRINE_ASSIGN_OR_RETURN(const bool masks, MasksBeforeViews(graph));
  return Simplifier(graph).Run() || masks;
}

}  // namespace brine::passes
