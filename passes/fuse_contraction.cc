#include "passes/fuse_contraction.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ir/kinds.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::OpKind;
using ir::ValueId;

constexpr size_t kMaxFollowers = 16;

class Finder {
 public:
  Finder(const Graph& graph, const Uses& uses, NodeId root, const std::function<bool(NodeId)>& is_free)
      : graph_(graph), uses_(uses), root_(node(root)), is_free_(is_free) {}

  ContractionRegion Find() && {
    FollowChain();
    for (size_t operand = 0; operand < root_.inputs.size(); ++operand) {
      if (root_.inputs[operand] == root_.inputs[1 - operand]) continue;  // x·x: both operands are the same stored value
      ComputeInside(root_.inputs[operand]);
    }
    if (!HasRows(root_.outputs[0])) TakeReduction();
    FindSparseOperands();
    return std::move(region_);
  }

 private:
  const Node& node(NodeId position) const { return graph_.node(position); }
  const ir::Shape& shape(ValueId value) const { return graph_.type(value).shape; }
  bool HasRows(ValueId value) const { return !shape(value).empty() && shape(value)[0] == ir::kBatch; }

  // A window whose result is no larger than its input, in an image that has not been pooled yet.
  bool IsPool(const Node& reader, ValueId value) const {
    if (reader.op->kind != OpKind::kWindow || reader.inputs[0] != value || pooled_) return false;
    const ir::Shape &from = shape(value), &to = shape(reader.outputs[0]);
    return from.size() == 4 && to[1] * to[2] <= from[1] * from[2];
  }

  bool Fits(const Node& reader, ValueId value) const {
    if (!reader.op->is_elementwise() || reader.op->is_update()) return IsPool(reader, value);
    return shape(reader.outputs[0]) == shape(value);
  }

  void FollowChain() {
    ValueId value = root_.outputs[0];
    while (region_.chain.size() < kMaxFollowers) {
      const std::vector<NodeId>& readers = uses_.Readers(value);
      const auto fit =
          std::find_if(readers.begin(), readers.end(), [&](NodeId reader) { return Fits(node(reader), value); });
      if (fit == readers.end()) return;
      // A node that uses the operand twice is one reader.
      const bool alone = std::all_of(readers.begin(), readers.end(), [&](NodeId reader) { return reader == *fit; });
      if (!alone || uses_.Leaves(value)) {
        if (node(*fit).inputs[0] == value) Decline(*fit, value);
        return;
      }
      if (!is_free_(*fit)) return;
      pooled_ = pooled_ || node(*fit).op->kind == OpKind::kWindow;
      region_.chain.push_back(*fit);
      value = node(*fit).outputs[0];
    }
  }

  void Decline(NodeId follower, ValueId value) {
    std::string other = "an output of the graph";
    for (NodeId candidate : uses_.Readers(value)) {
      if (candidate != follower) other = graph_.value(node(candidate).outputs[0]).name;
    }
    const Node& declined = node(follower);
    const ir::Location* location = declined.locations.empty() ? nullptr : &declined.locations[0];
    std::string place = ir::PlaceOf(location, graph_.value(declined.outputs[0]).name);
    if (location != nullptr && !location->file.empty()) place = absl::StrCat(location->file, ":", location->line);
    region_.declined.push_back(
        absl::StrCat(place, ": ", declined.op->name, " not fused: its input is also read by ", other));
  }

  // The gradient of a pool whose windows tile the image.  Each window scatters to its argmax, or to the elements that
  // are set in a mask.
  void ComputeInside(ValueId operand) {
    const NodeId producer = uses_.Producer(operand);
    if (producer == Uses::kNone) return;
    const Node& gradient = node(producer);
    if (gradient.op->kind != OpKind::kWindowGrad) return;
    if (ir::PoolWindow(gradient).tiles()) region_.copies.push_back(producer);
  }

  // Such as the bias gradient: a reduction over all axes but the last, of an operand, or of the input of the pool
  // gradient that produces the operand.
  void TakeReduction() {
    std::vector<ValueId> summed(root_.inputs.rbegin(), root_.inputs.rend());
    for (NodeId copy : region_.copies) summed.insert(summed.begin(), node(copy).inputs[0]);
    for (ValueId value : summed) {
      for (NodeId reader : uses_.Readers(value)) {
        if (!IsChannelReduction(graph_, node(reader)) || !is_free_(reader)) continue;
        region_.reductions.push_back(reader);
        return;
      }
    }
  }

  // The node that makes a value, looking through views.
  NodeId ProducerBehindViews(ValueId value) const {
    NodeId producer = uses_.Producer(value);
    while (producer != Uses::kNone && node(producer).op->is_view()) producer = uses_.Producer(node(producer).inputs[0]);
    return producer;
  }

  // Whether a ReLU or its gradient makes the value.  After a max-pool a ReLU makes few zeros, since all elements of a
  // window would have to be negative; only a product over the rows of a layer gains from those.
  bool IsSparse(ValueId value) const {
    const NodeId producer = ProducerBehindViews(value);
    if (producer == Uses::kNone || !node(producer).op->makes_zeros || !node(producer).op->is_elementwise())
      return false;
    const NodeId before = ProducerBehindViews(node(producer).inputs[0]);
    const bool of_maxima = before != Uses::kNone && node(before).op->picks_maximum;
    return !of_maxima || (shape(root_.outputs[0]).size() == 2 && HasRows(root_.outputs[0]));
  }

  void FindSparseOperands() {
    for (ValueId operand : root_.inputs) {
      const NodeId producer = uses_.Producer(operand);
      const bool inside = std::find(region_.copies.begin(), region_.copies.end(), producer) != region_.copies.end();
      if (!inside && IsSparse(operand)) region_.sparse.push_back(operand);
    }
  }

  const Graph& graph_;
  const Uses& uses_;
  const Node& root_;
  const std::function<bool(NodeId)>& is_free_;
  bool pooled_ = false;
  ContractionRegion region_;
};

}  // namespace

bool IsChannelReduction(const Graph& graph, const Node& node) {
  const std::vector<int64_t>* const axes = ir::ReducedAxes(node);
  if (axes == nullptr) return false;
  const int rank = graph.type(node.inputs[0]).rank();
  return rank > 1 && static_cast<int>(axes->size()) == rank - 1 && axes->back() != rank - 1;
}

ContractionRegion FindContraction(const Graph& graph, const Uses& uses, NodeId root,
                                  const std::function<bool(NodeId)>& is_free) {
  return Finder(graph, uses, root, is_free).Find();
}

}  // namespace brine::passes
