#include "codegen/halide/loop/generic.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "codegen/halide/grouping.h"
#include "ir/kinds.h"
#include "passes/kernel_query.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::Var;
using ir::Node;
using ir::ValueId;

// Whether the node is y = a·b for two matrices, and its op has an algorithm that cuts the sums into parts.
bool IsPlainProduct(const ir::Graph& graph, const Node& node) {
  if (node.op->form != &ir::kMatrixProductForm || FindAlgorithm(*node.op).lower_split == nullptr) return false;
  if (graph.type(node.inputs[0]).rank() != 2) return false;
  const ir::Transposes transposes = ir::TransposesOf(node);
  return !transposes.a && !transposes.b;
}

class GenericBuilder {
 public:
  // With `splits_depth`, the sums of plain products are cut into parts.
  GenericBuilder(KernelBuilder& builder, bool splits_depth)
      : graph_(builder.spec().graph),
        kernel_(builder.spec().kernel),
        builder_(builder),
        context_(builder.context()),
        splits_depth_(splits_depth),
        grouping_(GroupValues(graph_, kernel_)),
        groups_(grouping_.groups.size()) {
    for (const Node& node : kernel_.body) {
      for (ValueId value : node.outputs) producers_[value] = &node;
    }
  }

  ScheduledKernel Build() {
    for (LoopGroupId id : ir::Ids<LoopGroupId>(groups_.size())) {
      MakeGroup(id);
      const LoopGroup& group = grouping_.group(id);
      if (group.is_output) builder_.AddOutput(StateOf(id).nest.func, group.values);
    }
    for (GroupState& state : groups_) {
      Schedule(state.nest, context_);
      for (LoopNest& stored : state.stored_nests) Schedule(stored, context_);
    }
    return builder_.Finish();
  }

 private:
  // What has been made of a group.
  struct GroupState {
    bool is_made = false;
    LoopNest nest;                                         // writes the values of the group
    std::vector<LoopNest> stored_nests;                    // of the stored Funcs that it reads
    std::vector<std::pair<const Node*, Lowered>> lowered;  // the nodes that are computed inside the nest
  };

  GroupState& StateOf(LoopGroupId group) { return groups_[ir::Index(group)]; }

  // `value` as the nodes that are computed in `group` read it.
  Tensor Read(ValueId value, LoopGroupId group) {
    if (const Tensor* parameter = builder_.Parameter(value)) return *parameter;
    const LoopGroupId own_group = grouping_.GroupOf(value);
    if (own_group != Grouping::kInlined && own_group != group) {
      MakeGroup(own_group);
      const std::vector<ValueId>& members = grouping_.group(own_group).values;
      const auto member = std::find(members.begin(), members.end(), value);
      return {graph_.type(value), StateOf(own_group).nest.func,
              members.size() == 1 ? -1 : static_cast<int>(member - members.begin())};
    }
    const Node& node = *producers_.at(value);
    const Lowered& lowered = Lower(node, group);
    const auto output = std::find(node.outputs.begin(), node.outputs.end(), value);
    return {graph_.type(value), lowered.results[static_cast<size_t>(output - node.outputs.begin())], -1};
  }

  // The lowering of `node` inside the nest of `group`, which is made once for each group that needs the node.
  const Lowered& Lower(const Node& node, LoopGroupId group) {
    for (const auto& [known, lowered] : StateOf(group).lowered) {
      if (known == &node) return lowered;
    }
    LoweringContext context = {.node = node,
                               .operands = {},
                               .result_types = {},
                               .result_index = ToIndex(Axes(graph_.type(node.outputs[0]).rank())),
                               .batch_extent = context_.batch_extent,
                               .batch_size = context_.batch_size,
                               .machine = context_};
    for (ValueId input : node.inputs) context.operands.push_back(Read(input, group));
    for (ValueId output : node.outputs) context.result_types.push_back(graph_.type(output));
    const Algorithm& algorithm = FindAlgorithm(*node.op);
    const bool splits = splits_depth_ && IsPlainProduct(graph_, node);
    Lowered lowered = splits ? algorithm.lower_split(context) : algorithm.lower(context);
    GroupState& state = StateOf(group);
    for (const Accumulator& accumulator : lowered.accumulators) state.nest.accumulators.push_back(accumulator);
    for (const StoredFunc& stored : lowered.stored_funcs) {
      if (stored.is_panel && PanelBytes(stored.shape[0], context_.lanes) <= kMaxPanelBytes) {
        Func panel = stored.func;
        state.nest.panels.push_back(panel.bound_storage(Axis(1), static_cast<int>(stored.shape[0])));
        continue;
      }
      LoopNest nest;
      nest.func = stored.func;
      nest.shape = stored.shape;
      nest.accumulators = stored.accumulators;
      state.stored_nests.push_back(nest);
    }
    state.nest.is_pointwise = state.nest.is_pointwise && lowered.accumulators.empty() && lowered.stored_funcs.empty() &&
                              ReadsPointwiseOrNumbers(node);
    state.lowered.emplace_back(&node, std::move(lowered));
    return state.lowered.back().second;
  }

  // See LoopNest::is_pointwise.
  bool ReadsPointwiseOrNumbers(const Node& node) const {
    const int rank = graph_.type(node.outputs[0]).rank();
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      const ir::Shape& shape = graph_.type(input).shape;
      if (shape.empty() || passes::ReadsPointwise(graph_, node, input)) return true;
      return node.op->is_elementwise() && graph_.type(input).rank() == rank &&
             std::all_of(shape.begin() + 1, shape.end(), [](ir::Dim dim) { return dim == 1; });
    });
  }

  // Makes the nest of a group, after those of the groups that it reads.
  void MakeGroup(LoopGroupId group) {
    GroupState& state = StateOf(group);
    if (state.is_made) return;
    state.is_made = true;
    const LoopGroup& group_values = grouping_.group(group);
    const ir::Shape& shape = graph_.type(group_values.values[0]).shape;
    state.nest.shape = shape;
    state.nest.is_pointwise = true;
    state.nest.is_output = group_values.is_output;
    const std::vector<Var> axes = Axes(static_cast<int>(shape.size()));
    std::vector<Expr> values;
    for (ValueId value : group_values.values) {
      const Node& node = *producers_.at(value);
      const auto output = std::find(node.outputs.begin(), node.outputs.end(), value);
      const Func func = Lower(node, group).results[static_cast<size_t>(output - node.outputs.begin())];
      values.push_back(func(Reversed(axes)));
    }
    state.nest.func = MakeFunc(absl::StrCat(group_values.is_output ? "out" : "mid", ir::Index(group)), axes, values);
  }

  const ir::Graph& graph_;
  const Node& kernel_;
  KernelBuilder& builder_;
  const LoopContext& context_;
  const bool splits_depth_;
  const Grouping grouping_;
  std::vector<GroupState> groups_;
  std::map<ValueId, const Node*> producers_;
};

// The share of the peak rate that the loops of a contraction reach.
double TileUtilization(const KernelSpec& spec, const Node& node, const Machine& machine) {
  const ir::Shape& b = spec.shape(node.inputs[1]);
  // In a product of matrices, every operand is read along its rows, or copied so that it can be.
  // Those of a weight gradient are so from the start.
  if (b.size() == 2) return ir::TransposesOf(node).a ? 0.95 : 0.85;
  const ir::Shape& result = spec.shape(node.outputs[0]);
  if (ir::IsConvolution(*node.op) && ir::ConvolutionGroups(node) > 1) {
    // A vector of several groups reads channels one by one, and those of a group of one filter share no loads.
    const int64_t filters = result.back() / ir::ConvolutionGroups(node);
    if (filters == 1 && result[0] != ir::kBatch) return 0.07 / machine.multiply_adds_per_cycle;  // one sum, which waits
    return filters % machine.lanes == 0 ? 0.45 : filters > 1 ? 0.25 : 0.1;
  }
  // In a convolution, tiles end with each row of the image.  In its gradients, dy also is copied with zeros between its
  // pixels, or the sums run pixel by pixel.
  return spec.hero == &node && !result.empty() && result[0] == ir::kBatch ? 0.6 : 0.5;
}

// What a plain product costs besides its multiply-adds if its sums are cut into parts: the parts are stored and added
// up, by a loop of its own.
void AddCostOfParts(const KernelSpec& spec, const Node& node, const Machine& machine, Work& work) {
  work.cache_bytes += 8 * machine.tasks * ElementCount(spec, node.outputs[0]);
  work.extra_loops += 1;
}

// Whether a column of tiles finds most of its pieces of the rows of b in the second-level cache again.  Pieces at a
// distance that a large power of two divides lie in few sets of the cache.
bool PiecesStayCached(int64_t rows, int64_t row_bytes, int64_t piece_bytes, const Machine& machine) {
  return rows * std::max(row_bytes & -row_bytes, piece_bytes) < 2 * machine.l2_bytes;
}

// What it costs if they are not, and b has too many rows for a panel.  Then each column of tiles reads its piece of
// every row: from memory, at about a third of its rate, if b is much deeper than wide, and again for each tile if the
// pieces do not stay in the cache.  A b that one column of tiles reads as a whole does not lose as much.
void AddCostOfShortPieces(const KernelSpec& spec, const Node& node, const Machine& machine, Work& work) {
  const ir::Shape& result = spec.shape(node.outputs[0]);
  const int64_t depth = spec.shape(node.inputs[1])[0], width = result[1], rows = spec.Extent(result[0]);
  const Tile tile = ChooseTile(width, rows, machine);
  const int tile_width = tile.vectors * machine.lanes;
  if (PanelBytes(depth, machine.lanes) <= kMaxPanelBytes || width <= tile_width) return;
  const double bytes = 4 * ElementCount(spec, node.inputs[1]);
  if (depth >= 4 * width) work.memory_bytes += 2 * bytes;
  if (!PiecesStayCached(depth, 4 * width, int64_t{4} * tile_width, machine))
    work.memory_bytes += static_cast<double>(CeilDiv(rows, tile.rows) - 1) * bytes;
}

// The cycles that it takes to transpose an element of b: in panels, and in one copy of b, whose columns of results lie
// in few sets of a cache.
constexpr double kPanelCycles = 1, kTransposedCopyCycles = 20;

// What transposing b costs.  Panels are transposed again by each task of the same columns.
void AddCostOfTransposing(const KernelSpec& spec, const Node& node, const Machine& machine, Work& work) {
  const ir::Shape& result = spec.shape(node.outputs[0]);
  const int64_t depth = spec.shape(node.inputs[1]).back(), width = spec.Extent(result.back());
  const double elements = ElementCount(spec, node.inputs[1]);
  if (PanelBytes(depth, machine.lanes) > kMaxPanelBytes) {
    work.element_cycles += kTransposedCopyCycles * elements;
    return;
  }
  const Tile tile = ChooseTile(width, spec.Extent(result[result.size() - 2]), machine);
  const int64_t columns = CeilDiv(width, int64_t{tile.vectors} * machine.lanes);
  work.element_cycles += kPanelCycles * std::max(1, CeilDiv(machine.tasks, columns)) * elements;
}

// The multiply-adds of a contraction, as those of register tiles whose operands are not copied to suit them.
void AddContractionWork(const KernelSpec& spec, const Node& node, const Machine& machine, bool splits_depth,
                        Work& work) {
  std::vector<ir::Type> inputs, outputs;
  for (ValueId input : node.inputs) inputs.push_back(spec.type(input));
  for (ValueId output : node.outputs) outputs.push_back(spec.type(output));
  const auto flops = node.op->flops({inputs, node.attributes}, outputs, spec.batch_size());
  const double width = static_cast<double>(outputs[0].shape.empty() ? 1 : spec.Extent(outputs[0].shape.back()));
  const double padded_width = static_cast<double>(CeilDiv(static_cast<int64_t>(width), machine.lanes)) * machine.lanes;
  work.products += static_cast<double>(flops) / 2 * padded_width / width / TileUtilization(spec, node, machine);
  if (IsPlainProduct(spec.graph, node)) {
    if (splits_depth)
      AddCostOfParts(spec, node, machine, work);
    else
      AddCostOfShortPieces(spec, node, machine, work);
  }
  if (ir::TransposesOf(node).b) AddCostOfTransposing(spec, node, machine, work);
}

// How much of an elementwise operation is noticed in a kernel without a contraction: it waits for memory meanwhile, and
// the nodes of a body share loads and stores.
constexpr double kLoopShare = 0.25;

// Windows of any size and place compare and select, one result after the other.
constexpr double kWindowOperations = 8;

Work CostOfLoops(const KernelSpec& spec, const Machine& machine, bool splits_depth) {
  Work work = CommonWork(spec);
  work.elementwise_operations = 0;  // all nodes but contractions are counted by their elements
  double windows = 0;
  for (const Node& node : spec.kernel.body) {
    if (node.op->kind == ir::OpKind::kContraction) {
      AddContractionWork(spec, node, machine, splits_depth, work);
      continue;
    }
    double operations = (1 + node.op->cost) * ElementCount(spec, node.outputs[0]);
    if (node.op->is_reduction_loop() && !node.inputs.empty()) operations += ElementCount(spec, node.inputs[0]);
    const bool is_window = node.op->kind == ir::OpKind::kWindow || node.op->kind == ir::OpKind::kWindowGrad;
    (is_window ? windows : work.elementwise_operations) += operations;
  }
  if (work.products == 0) work.elementwise_operations *= kLoopShare;
  work.elementwise_operations += kWindowOperations * windows;
  return work;
}

}  // namespace

std::string CanGeneric(const KernelSpec&, const Machine&) { return ""; }

Work CostGeneric(const KernelSpec& spec, const Machine& machine) { return CostOfLoops(spec, machine, false); }
ScheduledKernel BuildGeneric(KernelBuilder& builder) { return GenericBuilder(builder, false).Build(); }

std::string CanGenericSplitDepth(const KernelSpec& spec, const Machine&) {
  const std::vector<Node>& body = spec.kernel.body;
  const bool splits =
      std::any_of(body.begin(), body.end(), [&](const Node& node) { return IsPlainProduct(spec.graph, node); });
  return splits ? "" : "it has no product of two matrices, of which none is transposed";
}

Work CostGenericSplitDepth(const KernelSpec& spec, const Machine& machine) { return CostOfLoops(spec, machine, true); }

ScheduledKernel BuildGenericSplitDepth(KernelBuilder& builder) { return GenericBuilder(builder, true).Build(); }

}  // namespace brine::codegen
