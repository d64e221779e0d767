// The pattern of the region *head*.
#include <algorithm>
#include <set>

#include "ir/op.h"
#include "passes/patterns.h"

namespace brine::passes {
namespace {

using ir::Node;
using ir::Op;
using ir::ValueId;

constexpr int64_t kMostClasses = 128;  // the kernel's tensors stay in the nearest cache

class Head {
 public:
  Head(const Surroundings& surroundings, int root) : at_(surroundings), logits_(at_.node(root).inputs[0]) {}

  RegionMatch Match(int root) && {
    const ir::Shape& shape = at_.graph.type(logits_).shape;
    if (shape.size() != 2 || shape[1] > kMostClasses) return {};
    classes_ = shape[1];
    FindDependencies();
    Grow(root);
    TakeProduct();
    TakeGradients();
    return {{taken_.begin(), taken_.end()}, {}, {}};
  }

 private:
  // On what a value depends.
  struct Depends {
    bool on_logits = false;
    bool on_model = false;  // data or a state, but not by way of the logits
    bool beyond = false;    // a product or a convolution of what depends on the logits: the layers before
  };

  const Depends& Of(ValueId value) const { return depends_[static_cast<size_t>(value)]; }

  void FindDependencies() {
    depends_.resize(at_.graph.values.size());
    for (const ir::Input& input : at_.graph.inputs)
      depends_[static_cast<size_t>(input.value)].on_model = input.source == ir::Source::kData;
    for (const ir::State& state : at_.graph.states) depends_[static_cast<size_t>(state.value)].on_model = true;
    for (const Node& node : at_.graph.nodes) {
      Depends sum;
      for (ValueId input : node.inputs) {
        sum.on_logits |= Of(input).on_logits;
        sum.on_model |= Of(input).on_model;
        sum.beyond |= Of(input).beyond;
      }
      sum.beyond |= sum.on_logits && !IsSmallOp(node);
      for (ValueId output : node.outputs)
        depends_[static_cast<size_t>(output)] = output == logits_ ? Depends{true, false, false} : sum;
    }
  }

  static bool IsSmallOp(const Node& node) {
    const ir::OpKind kind = node.op->kind;
    return kind == ir::OpKind::kElementwise || kind == ir::OpKind::kReduction || kind == ir::OpKind::kGather;
  }

  bool IsSmall(const Node& node) const {
    if (!IsSmallOp(node)) return false;
    for (ValueId output : node.outputs) {
      const Depends& depends = Of(output);
      if (output == logits_ || depends.beyond || depends.on_model) return false;
      const ir::Shape& shape = at_.graph.type(output).shape;
      for (size_t axis = 0; axis < shape.size(); ++axis) {
        if (!(axis == 0 && shape[axis] == ir::kBatch) && shape[axis] > classes_) return false;
      }
      if (shape.size() > 2) return false;
    }
    return true;
  }

  // What is small and connected by values that are small.
  void Grow(int root) {
    std::vector<int> pending = {root};
    while (!pending.empty()) {
      const int position = pending.back();
      pending.pop_back();
      if (!IsSmall(at_.node(position)) || !taken_.insert(position).second) continue;
      for (ValueId input : at_.node(position).inputs) {
        const int producer = at_.uses.Producer(input);
        if (producer != Uses::kNone) pending.push_back(producer);
        const std::vector<int>& readers = at_.uses.Readers(input);
        if (input == logits_) pending.insert(pending.end(), readers.begin(), readers.end());
      }
      for (ValueId output : at_.node(position).outputs) {
        const std::vector<int>& readers = at_.uses.Readers(output);
        pending.insert(pending.end(), readers.begin(), readers.end());
      }
    }
  }

  // z = matmul(x, w) [+ bias]
  void TakeProduct() {
    int position = at_.uses.Producer(logits_);
    if (position == Uses::kNone) return;
    if (at_.node(position).op == &ir::kAdd) {
      const int product = at_.uses.Producer(at_.node(position).inputs[0]);
      if (product == Uses::kNone || at_.uses.Readers(at_.node(position).inputs[0]).size() != 1) return;
      if (at_.node(product).op != &ir::kMatmul || at_.graph.type(at_.node(position).inputs[1]).rank() != 1) return;
      taken_.insert(position);
      position = product;
    }
    const Node& node = at_.node(position);
    if (node.op != &ir::kMatmul || node.attributes.Bool("transpose_a") || node.attributes.Bool("transpose_b")) return;
    taken_.insert(position);
    x_ = node.inputs[0];
    w_ = node.inputs[1];
  }

  // dw = xᵀ·dz, dx = relu_grad(dz·wᵀ, x)
  void TakeGradients() {
    if (w_ == ir::kNoValue) return;
    const std::set<int> before = taken_;
    for (int position : before) {
      for (ValueId dz : at_.node(position).outputs) {
        if (dz == logits_) continue;
        for (int reader : at_.uses.Readers(dz)) TakeGradient(reader, dz);
      }
    }
  }

  void TakeGradient(int position, ValueId dz) {
    const Node& node = at_.node(position);
    if (node.op != &ir::kMatmul) return;
    const bool of_w = node.attributes.Bool("transpose_a") && node.inputs[0] == x_ && node.inputs[1] == dz;
    const bool of_x = node.attributes.Bool("transpose_b") && node.inputs[0] == dz && node.inputs[1] == w_;
    if (!of_w && !of_x) return;
    taken_.insert(position);
    if (!of_x || at_.uses.Leaves(node.outputs[0]) || at_.uses.Readers(node.outputs[0]).size() != 1) return;
    const int reader = at_.uses.Readers(node.outputs[0])[0];
    if (at_.node(reader).op == &ir::kReluGrad && at_.node(reader).inputs[0] == node.outputs[0]) taken_.insert(reader);
  }

  const Surroundings& at_;
  const ValueId logits_;
  int64_t classes_ = 0;
  ValueId x_ = ir::kNoValue, w_ = ir::kNoValue;
  std::vector<Depends> depends_;  // by value
  std::set<int> taken_;           // positions
};

}  // namespace

RegionMatch MatchHead(const Surroundings& surroundings, int root) {
  if (surroundings.node(root).op != &ir::kLogSoftmax) return {};
  return Head(surroundings, root).Match(root);
}

}  // namespace brine::passes
