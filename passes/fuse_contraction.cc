#include "passes/fuse_contraction.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ir/kinds.h"
#include "passes/regions.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::OpKind;
using ir::ValueId;

constexpr size_t kMaxFollowers = 16;

bool HasRows(const Graph& graph, ValueId value) {
  const ir::Shape& shape = graph.type(value).shape;
  return !shape.empty() && shape[0] == ir::kBatch;
}

class ContractionGrower {
 public:
  ContractionGrower(const Graph& graph, const Uses& uses, NodeId root, const RegionCallbacks& region)
      : graph_(graph), uses_(uses), root_(node(root)), region_(region) {}

  void Grow() && {
    CopyProducers();
    Follow(root_.outputs[0]);
    if (!HasRows(graph_, root_.outputs[0])) TakeReduction();
  }

 private:
  const Node& node(NodeId position) const { return graph_.node(position); }
  const ir::Shape& shape(ValueId value) const { return graph_.type(value).shape; }

  // The gradient of a pool whose windows tile the image, or of another max-pool if the argmax of each window can be
  // followed.  Each window scatters to its argmax, or to the elements that are set in a mask.
  void CopyProducers() {
    if (root_.inputs[0] == root_.inputs[1]) return;  // x·x: both operands are the same stored value
    for (ValueId operand : root_.inputs) {
      const NodeId producer = uses_.Producer(operand);
      if (producer == Uses::kNone || node(producer).op->kind != OpKind::kWindowGrad) continue;
      if (!ir::PoolWindow(node(producer)).tiles() && !FollowsArgmax(node(producer))) continue;
      region_.copy(producer);
      copies_.push_back(producer);
    }
  }

  // Whether kernels of the root can follow the argmax of each window instead of computing the gradient of the pool, as
  // they can if the root is a gradient of a plain convolution.  That pays if there are fewer windows than pixels.
  bool FollowsArgmax(const Node& pool_gradient) const {
    const ir::Window pool = ir::PoolWindow(pool_gradient);
    if (pool_gradient.op->argmax_operand < 0 || pool.stride[0] == 1 || pool.stride[1] == 1) return false;
    if (!ir::IsConvolution(*root_.op) || ir::ConvolutionGroups(root_) > 1) return false;
    const bool makes_kernel = root_.op->form->convolution == ir::ContractionForm::Convolution::kWeightGrad;
    const ir::Window window = ir::ConvolutionWindow(root_, shape(makes_kernel ? root_.outputs[0] : root_.inputs[1]));
    return window.stride[0] == 1 && window.stride[1] == 1 && window.dilation[0] == 1 && window.dilation[1] == 1;
  }

  // Takes what is computed from the sums, one pool, and what is computed from the pool's result.
  void Follow(ValueId sums) {
    const std::vector<ValueId> values = TakeFollowers(graph_, uses_, sums, kMaxFollowers, region_);
    const NodeId pool = PoolOf(values);
    if (pool == Uses::kNone || !region_.is_free(pool) || RefusesPool(pool)) return;
    for (ValueId value : values) {
      if (IsReadElsewhere(value, values, pool)) return;
    }
    if (region_.take(pool))
      TakeFollowers(graph_, uses_, node(pool).outputs[0], kMaxFollowers - (values.size() - 1), region_);
  }

  // The first pool of one of the values.
  NodeId PoolOf(const std::vector<ValueId>& values) const {
    for (ValueId value : values) {
      for (NodeId reader : uses_.Readers(value)) {
        if (node(reader).op->kind == OpKind::kWindow && node(reader).inputs[0] == value) return reader;
      }
    }
    return Uses::kNone;
  }

  // Whether only *generic* could build a kernel with this pool: the pool's windows overlap, leave gaps or cross the
  // border, they have many cells, or the sums are not those of a forward convolution.  A remark says so.
  bool RefusesPool(NodeId pool) const {
    const ir::Window window = ir::PoolWindow(node(pool));
    const bool takes_pool = root_.op->form != nullptr && root_.op->form->takes_pool;
    const char* const reason = !takes_pool                                       ? "it does not follow a convolution"
                               : !window.tiles()                                 ? "its windows do not tile the image"
                               : window.size[0] * window.size[1] > kMaxPoolCells ? "its windows have many cells"
                                                                                 : nullptr;
    if (reason != nullptr) region_.remark(absl::StrCat(PlaceAndOp(graph_, node(pool)), " not fused: ", reason));
    return reason != nullptr;
  }

  // Whether the value must be stored though the pool is computed with it.  A remark says so.
  bool IsReadElsewhere(ValueId value, const std::vector<ValueId>& values, NodeId pool) const {
    const auto is_inside = [&](NodeId reader) {
      return reader == pool || std::find(values.begin(), values.end(), node(reader).outputs[0]) != values.end();
    };
    const std::vector<NodeId>& readers = uses_.Readers(value);
    const auto other = std::find_if_not(readers.begin(), readers.end(), is_inside);
    if (other == readers.end() && !uses_.IsGraphResult(value)) return false;
    region_.remark(absl::StrCat(
        PlaceAndOp(graph_, node(pool)),
        " not fused: ", value == node(pool).inputs[0] ? "its input" : graph_.value(value).name, " is also read by ",
        other == readers.end() ? "an output of the graph" : graph_.value(node(*other).outputs[0]).name));
    return true;
  }

  // Such as the bias gradient: a reduction over all axes but the last, of an operand, or of the input of the pool
  // gradient that produces the operand.
  void TakeReduction() {
    std::vector<ValueId> summed(root_.inputs.rbegin(), root_.inputs.rend());
    for (NodeId copy : copies_) summed.insert(summed.begin(), node(copy).inputs[0]);
    for (ValueId value : summed) {
      for (NodeId reader : uses_.Readers(value)) {
        if (!IsChannelReduction(graph_, node(reader)) || !region_.is_free(reader)) continue;
        if (region_.take(reader)) return;
      }
    }
  }

  const Graph& graph_;
  const Uses& uses_;
  const Node& root_;
  const RegionCallbacks& region_;
  std::vector<NodeId> copies_;
};

// The node that makes a value, looking through views; kNone for an input or a state.
NodeId ProducerBehindViews(const Graph& graph, const Uses& uses, ValueId value) {
  NodeId producer = uses.Producer(value);
  while (producer != Uses::kNone && graph.node(producer).op->is_view())
    producer = uses.Producer(graph.node(producer).inputs[0]);
  return producer;
}

// How far IsNormalized follows elementwise nodes: past a ReLU, a residual, and the bias, scale and mean of a
// normalization.
constexpr int kNormalizationDepth = 6;

// Whether elementwise nodes shift or scale the value by a smaller one that the step computes, such as a mean or a
// deviation.  A bias is a parameter and does not count.
bool IsNormalized(const Graph& graph, const Uses& uses, ValueId value, int depth = kNormalizationDepth) {
  const NodeId producer = ProducerBehindViews(graph, uses, value);
  if (producer == Uses::kNone || depth == 0 || !graph.node(producer).op->is_elementwise()) return false;
  const Node& maker = graph.node(producer);
  const auto is_whole = [&](ValueId input) { return graph.type(input).shape == graph.type(maker.outputs[0]).shape; };
  const auto is_computed = [&](ValueId input) {
    const NodeId before = ProducerBehindViews(graph, uses, input);
    return before != Uses::kNone && !graph.node(before).op->is_source();
  };
  if (std::none_of(maker.inputs.begin(), maker.inputs.end(), is_whole)) return false;  // such as a broadcast
  return std::any_of(maker.inputs.begin(), maker.inputs.end(), [&](ValueId input) {
    return is_whole(input) ? IsNormalized(graph, uses, input, depth - 1) : is_computed(input);
  });
}

// Whether a ReLU or its gradient makes the operand of the contraction, and most of its elements are zero.  After a
// max-pool a ReLU makes few zeros, since all elements of a window would have to be negative; only a product over the
// rows of a layer gains from those.  After a normalization half of the elements are positive, with which products over
// lists take as long as all products do.
bool IsSparseOperand(const Graph& graph, const Uses& uses, const Node& contraction, ValueId operand) {
  const NodeId producer = ProducerBehindViews(graph, uses, operand);
  if (producer == Uses::kNone) return false;
  const Node& maker = graph.node(producer);
  if (!maker.op->makes_zeros || !maker.op->is_elementwise() || IsNormalized(graph, uses, operand)) return false;
  const NodeId before = ProducerBehindViews(graph, uses, maker.inputs[0]);
  const bool reads_max_pool = before != Uses::kNone && graph.node(before).op->picks_maximum;
  const ValueId result = contraction.outputs[0];
  return !reads_max_pool || (graph.type(result).rank() == 2 && HasRows(graph, result));
}

}  // namespace

void GrowContraction(const Graph& graph, const Uses& uses, NodeId root, const RegionCallbacks& region) {
  ContractionGrower(graph, uses, root, region).Grow();
}

std::vector<ValueId> SparseValues(const Graph& graph, const Uses& uses, NodeId root, const Group& group) {
  std::vector<ValueId> sparse;
  for (ValueId operand : graph.node(root).inputs) {
    const NodeId producer = uses.Producer(operand);
    const bool is_copied = std::find(group.copies.begin(), group.copies.end(), producer) != group.copies.end();
    if (!is_copied && IsSparseOperand(graph, uses, graph.node(root), operand)) sparse.push_back(operand);
  }
  for (NodeId member : group.nodes) {
    const Node& node = graph.node(member);
    if (!node.op->selects_positive || node.inputs[0] != graph.node(root).outputs[0]) continue;
    if (!IsNormalized(graph, uses, node.inputs[1])) sparse.push_back(node.inputs[1]);
  }
  return sparse;
}

bool IsChannelReduction(const Graph& graph, const Node& node) {
  const std::vector<int64_t>* const axes = ir::ReducedAxes(node);
  if (axes == nullptr) return false;
  const int rank = graph.type(node.inputs[0]).rank();
  return rank > 1 && static_cast<int>(axes->size()) == rank - 1 && axes->back() != rank - 1;
}

}  // namespace brine::passes
