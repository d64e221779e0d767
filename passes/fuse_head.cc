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
  Head(const Graph& graph, const Uses& uses, NodeId root, const std::function<bool(NodeId)>& is_free)
      : graph_(graph), uses_(uses), is_free_(is_free), logits_(node(root).inputs[0]) {}

  std::vector<NodeId> Find(NodeId root) && {
    const ir::Shape &shape = graph_.type(logits_).shape, &result = graph_.type(node(root).outputs[0]).shape;
    if (shape.size() != 2 || shape[0] != ir::kBatch || shape[1] > kMaxClasses) return {};
    if (result.empty() || result[0] != ir::kBatch) return {};
    classes_ = shape[1];
    FindDependencies();
    if (!logits_depend_on_model_) return {};
    Grow(root);
    if (!MakesGraphResult()) return {};
    TakeProduct();
    TakeGradients();
    return {taken_.begin(), taken_.end()};
  }

 private:
  // What a value depends on.
  struct Dependencies {
    bool depends_on_logits = false;
    bool depends_on_model = false;   // on data or a state, other than through the logits
    bool after_contraction = false;  // on a product or a convolution that depends on the logits
  };

  const Node& node(NodeId id) const { return graph_.node(id); }
  const Dependencies& DependenciesOf(ValueId value) const { return dependencies_[Index(value)]; }

  void FindDependencies() {
    dependencies_.resize(graph_.values.size());
    for (const ir::Input& input : graph_.inputs) {
      dependencies_[Index(input.value)].depends_on_model = input.source == ir::Source::kData;
    }
    for (const ir::State& state : graph_.states) dependencies_[Index(state.value)].depends_on_model = true;
    for (const Node& node : graph_.nodes) {
      Dependencies sum;
      for (ValueId input : node.inputs) {
        sum.depends_on_logits |= DependenciesOf(input).depends_on_logits;
        sum.depends_on_model |= DependenciesOf(input).depends_on_model;
        sum.after_contraction |= DependenciesOf(input).after_contraction;
      }
      sum.after_contraction |= sum.depends_on_logits && !IsSmallOp(node);
      for (ValueId output : node.outputs) {
        if (output == logits_) logits_depend_on_model_ = sum.depends_on_model;
        dependencies_[Index(output)] = output == logits_ ? Dependencies{true, false, false} : sum;
      }
    }
  }

  static bool IsSmallOp(const Node& node) {
    const ir::OpKind kind = node.op->kind;
    return kind == ir::OpKind::kElementwise || kind == ir::OpKind::kReduction || kind == ir::OpKind::kGather ||
           kind == ir::OpKind::kView;  // such as the weights of rows as a column
  }

  // Whether the node has at most `classes_` results in a row, and depends on the model only through the logits.
  bool IsSmall(const Node& node) const {
    if (!IsSmallOp(node)) return false;
    for (ValueId output : node.outputs) {
      const Dependencies& dependencies = DependenciesOf(output);
      if (output == logits_ || dependencies.after_contraction || dependencies.depends_on_model) return false;
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
      if (!is_free_(id) || !IsSmall(node(id)) || !taken_.insert(id).second) continue;
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
  bool MakesGraphResult() const {
    return std::any_of(taken_.begin(), taken_.end(), [&](NodeId id) {
      const std::vector<ValueId>& made = node(id).outputs;
      return std::any_of(made.begin(), made.end(), [&](ValueId value) { return uses_.IsGraphResult(value); });
    });
  }

  // z = x·w [+ bias]
  void TakeProduct() {
    const NodeId last = uses_.Producer(logits_);
    if (last == Uses::kNone || !is_free_(last)) return;
    const bool has_bias = IsBiasOrScale(node(last));
    const NodeId id = has_bias ? uses_.Producer(node(last).inputs[0]) : last;
    if (id == Uses::kNone || !is_free_(id) || !IsProduct(node(id))) return;
    if (has_bias) taken_.insert(last);
    taken_.insert(id);
    x_ = node(id).inputs[0];
    w_ = node(id).inputs[1];
  }

  // Whether the node combines a value that nothing else reads with a vector or a number, such as the bias.
  bool IsBiasOrScale(const Node& node) const {
    return node.op->kind == OpKind::kElementwise && node.inputs.size() == 2 &&
           graph_.type(node.inputs[1]).rank() <= 1 && uses_.Readers(node.inputs[0]).size() == 1;
  }

  bool IsProduct(const Node& node) const {
    return node.op->kind == OpKind::kContraction && graph_.type(node.inputs[0]).rank() == 2;
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
    if (product.op->kind != OpKind::kContraction || !is_free_(id)) return;
    const bool of_w = product.inputs[0] == x_ && product.inputs[1] == dz;
    const bool of_x = product.inputs[0] == dz && product.inputs[1] == w_;
    if (!of_w && !of_x) return;
    taken_.insert(id);
    const ValueId dx = product.outputs[0];
    if (!of_x || uses_.IsGraphResult(dx) || uses_.Readers(dx).size() != 1) return;
    const NodeId reader = uses_.Readers(dx)[0];
    if (node(reader).op->selects_positive && node(reader).inputs[0] == dx && is_free_(reader)) taken_.insert(reader);
  }

  const Graph& graph_;
  const Uses& uses_;
  const std::function<bool(NodeId)>& is_free_;
  const ValueId logits_;
  bool logits_depend_on_model_ = false;
  int64_t classes_ = 0;
  ValueId x_ = ir::kNoValue, w_ = ir::kNoValue;
  std::vector<Dependencies> dependencies_;  // by value
  std::set<NodeId> taken_;
};

}  // namespace

std::vector<NodeId> FindHead(const Graph& graph, const Uses& uses, NodeId root,
                             const std::function<bool(NodeId)>& is_free) {
  if (graph.node(root).op->kind != OpKind::kReduction) return {};
  return Head(graph, uses, root, is_free).Find(root);
}

}  // namespace brine::passes
