#include "passes/fuse_head.h"

#include <algorithm>
#include <set>

#include "ir/op.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::OpKind;
using ir::ValueId;

constexpr int64_t kMaxClasses = 128;  // the kernel's tensors stay in the nearest cache

class Head {
 public:
  Head(const Graph& graph, const Uses& uses, NodeId root) : graph_(graph), uses_(uses), logits_(node(root).inputs[0]) {}

  std::vector<NodeId> Find(NodeId root) && {
    const ir::Shape &shape = graph_.type(logits_).shape, &result = graph_.type(node(root).outputs[0]).shape;
    if (shape.size() != 2 || shape[0] != ir::kBatch || shape[1] > kMaxClasses) return {};
    if (result.empty() || result[0] != ir::kBatch) return {};
    classes_ = shape[1];
    FindDependencies();
    if (!logits_on_model_) return {};
    Grow(root);
    if (!LeavesTheStep()) return {};
    TakeProduct();
    TakeGradients();
    return {taken_.begin(), taken_.end()};
  }

 private:
  // What a value depends on.
  struct Dependencies {
    bool on_logits = false;
    bool on_model = false;           // on data or a state, other than through the logits
    bool after_contraction = false;  // on a product or a convolution that depends on the logits
  };

  const Node& node(NodeId id) const { return graph_.node(id); }
  const Dependencies& DependenciesOf(ValueId value) const { return dependencies_[Index(value)]; }

  void FindDependencies() {
    dependencies_.resize(graph_.values.size());
    for (const ir::Input& input : graph_.inputs) {
      dependencies_[Index(input.value)].on_model = input.source == ir::Source::kData;
    }
    for (const ir::State& state : graph_.states) dependencies_[Index(state.value)].on_model = true;
    for (const Node& node : graph_.nodes) {
      Dependencies sum;
      for (ValueId input : node.inputs) {
        sum.on_logits |= DependenciesOf(input).on_logits;
        sum.on_model |= DependenciesOf(input).on_model;
        sum.after_contraction |= DependenciesOf(input).after_contraction;
      }
      sum.after_contraction |= sum.on_logits && !IsSmallOp(node);
      for (ValueId output : node.outputs) {
        if (output == logits_) logits_on_model_ = sum.on_model;
        dependencies_[Index(output)] = output == logits_ ? Dependencies{true, false, false} : sum;
      }
    }
  }

  static bool IsSmallOp(const Node& node) {
    const ir::OpKind kind = node.op->kind;
    return kind == ir::OpKind::kElementwise || kind == ir::OpKind::kReduction || kind == ir::OpKind::kGather;
  }

  // Whether the node computes a few numbers a row, `classes_` at most, from nothing of the model but the logits.
  bool IsSmall(const Node& node) const {
    if (!IsSmallOp(node)) return false;
    for (ValueId output : node.outputs) {
      const Dependencies& dependencies = DependenciesOf(output);
      if (output == logits_ || dependencies.after_contraction || dependencies.on_model) return false;
      const ir::Shape& shape = graph_.type(output).shape;
      for (size_t axis = 0; axis < shape.size(); ++axis) {
        if (!(axis == 0 && shape[axis] == ir::kBatch) && shape[axis] > classes_) return false;
      }
      if (shape.size() > 2) return false;
    }
    return true;
  }

  // Takes in the nodes with a few numbers a row that the logits or other such nodes connect with the root.
  void Grow(NodeId root) {
    std::vector<NodeId> pending = {root};
    while (!pending.empty()) {
      const NodeId id = pending.back();
      pending.pop_back();
      if (!IsSmall(node(id)) || !taken_.insert(id).second) continue;
      for (ValueId input : node(id).inputs) {
        const NodeId producer = uses_.Producer(input);
        if (producer != Uses::kNone) pending.push_back(producer);
        const std::vector<NodeId>& readers = uses_.Readers(input);
        if (input == logits_) pending.insert(pending.end(), readers.begin(), readers.end());
      }
      for (ValueId output : node(id).outputs) {
        const std::vector<NodeId>& readers = uses_.Readers(output);
        pending.insert(pending.end(), readers.begin(), readers.end());
      }
    }
  }

  // Whether results of the step are made here, so that no layer follows.
  bool LeavesTheStep() const {
    return std::any_of(taken_.begin(), taken_.end(), [&](NodeId id) {
      const std::vector<ValueId>& made = node(id).outputs;
      return std::any_of(made.begin(), made.end(), [&](ValueId value) { return uses_.Leaves(value); });
    });
  }

  // z = x·w [+ bias]
  void TakeProduct() {
    NodeId id = uses_.Producer(logits_);
    if (id == Uses::kNone) return;
    const Node& last = node(id);
    if (last.op->kind == OpKind::kElementwise && last.inputs.size() == 2 && graph_.type(last.inputs[1]).rank() <= 1) {
      const NodeId product = uses_.Producer(last.inputs[0]);
      if (product == Uses::kNone || uses_.Readers(last.inputs[0]).size() != 1) return;
      if (node(product).op->kind != OpKind::kContraction) return;
      taken_.insert(id);
      id = product;
    }
    const Node& product = node(id);
    if (product.op->kind != OpKind::kContraction || graph_.type(product.inputs[0]).rank() != 2) return;
    taken_.insert(id);
    x_ = product.inputs[0];
    w_ = product.inputs[1];
  }

  // dw = xᵀ·dz, dx = relu_grad(dz·wᵀ, x)
  void TakeGradients() {
    if (w_ == ir::kNoValue) return;
    const std::set<NodeId> before = taken_;
    for (NodeId id : before) {
      for (ValueId dz : node(id).outputs) {
        if (dz == logits_) continue;
        for (NodeId reader : uses_.Readers(dz)) TakeGradient(reader, dz);
      }
    }
  }

  void TakeGradient(NodeId id, ValueId dz) {
    const Node& product = node(id);
    if (product.op->kind != OpKind::kContraction) return;
    const bool of_w = product.inputs[0] == x_ && product.inputs[1] == dz;
    const bool of_x = product.inputs[0] == dz && product.inputs[1] == w_;
    if (!of_w && !of_x) return;
    taken_.insert(id);
    const ValueId dx = product.outputs[0];
    if (!of_x || uses_.Leaves(dx) || uses_.Readers(dx).size() != 1) return;
    const Node& reader = node(uses_.Readers(dx)[0]);
    if (reader.op->mask_operand == 1 && reader.inputs[0] == dx) taken_.insert(uses_.Readers(dx)[0]);
  }

  const Graph& graph_;
  const Uses& uses_;
  const ValueId logits_;
  bool logits_on_model_ = false;
  int64_t classes_ = 0;
  ValueId x_ = ir::kNoValue, w_ = ir::kNoValue;
  std::vector<Dependencies> dependencies_;  // by value
  std::set<NodeId> taken_;
};

}  // namespace

std::vector<NodeId> FindHead(const Graph& graph, const Uses& uses, NodeId root) {
  if (graph.node(root).op->kind != OpKind::kReduction) return {};
  return Head(graph, uses, root).Find(root);
}

}  // namespace brine::passes
