// generic builds any legal region.  Every stored value is one loop nest; everything else is computed inside the loops
// that read it.
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

class GenericBuilder {
 public:
  explicit GenericBuilder(KernelBuilder& builder)
      : graph_(builder.spec().graph),
        kernel_(builder.spec().kernel),
        builder_(builder),
        context_(builder.context()),
        grouping_(GroupValues(graph_, kernel_)),
        groups_(grouping_.groups.size()) {
    for (const Node& node : kernel_.body) {
      for (ValueId value : node.outputs) defining_[value] = &node;
    }
  }

  ScheduledKernel Build() {
    for (GroupId id : ir::Ids<GroupId>(groups_.size())) {
      MakeGroup(id);
      const Group& group = grouping_.group(id);
      if (group.output) builder_.AddOutput(StateOf(id).nest.func, group.values);
    }
    for (GroupState& group : groups_) {
      Schedule(group.nest, context_);
      for (LoopNest& root : group.roots) Schedule(root, context_);
    }
    return builder_.Finish();
  }

 private:
  struct GroupState {
    bool made = false;
    LoopNest nest;
    std::vector<LoopNest> roots;
    std::vector<std::pair<const Node*, Lowered>> lowered;  // nodes that are computed inside
  };

  GroupState& StateOf(GroupId group) { return groups_[ir::Index(group)]; }

  // `value` as the nodes in `group` read it.
  Tensor Read(ValueId value, GroupId group) {
    if (const Tensor* parameter = builder_.Parameter(value)) return *parameter;
    const GroupId home = grouping_.GroupOf(value);
    if (home != Grouping::kInlined && home != group) {
      MakeGroup(home);
      const std::vector<ValueId>& members = grouping_.group(home).values;
      const auto member = std::find(members.begin(), members.end(), value);
      return {graph_.type(value), StateOf(home).nest.func,
              members.size() == 1 ? -1 : static_cast<int>(member - members.begin())};
    }
    const Node& node = *defining_.at(value);
    const Lowered& lowered = Lower(node, group);
    const auto output = std::find(node.outputs.begin(), node.outputs.end(), value);
    return {graph_.type(value), lowered.results[static_cast<size_t>(output - node.outputs.begin())], -1};
  }

  const Lowered& Lower(const Node& node, GroupId group) {
    for (const auto& [known, lowered] : StateOf(group).lowered) {
      if (known == &node) return lowered;
    }
    LoweringContext context = {
        node,          {}, {}, ToIndex(Axes(graph_.type(node.outputs[0]).rank())), context_.rows, context_.batch_size,
        context_.lanes};
    for (ValueId input : node.inputs) context.in.push_back(Read(input, group));
    for (ValueId output : node.outputs) context.out.push_back(graph_.type(output));
    Lowered lowered = FindAlgorithm(*node.op).lower(context);
    GroupState& state = StateOf(group);
    for (const Accumulator& accumulator : lowered.accumulators) state.nest.accumulators.push_back(accumulator);
    for (const Root& root : lowered.roots) {
      if (root.panel && PanelBytes(root.shape[0], context_.lanes) <= kLargestPanel) {
        Func panel = root.func;
        state.nest.panels.push_back(panel.bound_storage(Axis(1), static_cast<int>(root.shape[0])));
        continue;
      }
      LoopNest nest;
      nest.func = root.func;
      nest.shape = root.shape;
      nest.accumulators = root.accumulators;
      state.roots.push_back(nest);
    }
    state.nest.flat = state.nest.flat && lowered.accumulators.empty() && lowered.roots.empty() && ReadsFlat(node);
    state.lowered.emplace_back(&node, std::move(lowered));
    return state.lowered.back().second;
  }

  bool ReadsFlat(const Node& node) const {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      return graph_.type(input).rank() == 0 || passes::ReadsPointwise(graph_, node, input);
    });
  }

  void MakeGroup(GroupId group) {
    GroupState& state = StateOf(group);
    if (state.made) return;
    state.made = true;
    const Group& members = grouping_.group(group);
    const ir::Shape& shape = graph_.type(members.values[0]).shape;
    state.nest.shape = shape;
    state.nest.flat = true;
    state.nest.output = members.output;
    const std::vector<Var> axes = Axes(static_cast<int>(shape.size()));
    std::vector<Expr> values;
    for (ValueId value : members.values) {
      const Node& node = *defining_.at(value);
      const auto output = std::find(node.outputs.begin(), node.outputs.end(), value);
      const Func func = Lower(node, group).results[static_cast<size_t>(output - node.outputs.begin())];
      values.push_back(func(Reversed(axes)));
    }
    state.nest.func = MakeFunc(absl::StrCat(members.output ? "out" : "mid", ir::Index(group)), axes, values);
  }

  const ir::Graph& graph_;
  const Node& kernel_;
  KernelBuilder& builder_;
  const LoopContext& context_;
  const Grouping grouping_;
  std::vector<GroupState> groups_;
  std::map<ValueId, const Node*> defining_;
};

// The share of the peak that the loops of a contraction reach.
double ShareOfTiles(const KernelSpec& spec, const Node& node) {
  const ir::Shape& b = spec.shape(node.inputs[1]);
  // Matrices: every operand is read along its rows, or copied so that it can be.
  if (b.size() == 2) return 0.85;
  // Images: tiles end with each row, and gradients are spread with zeros or summed pixel by pixel.
  return spec.hero == &node && spec.sums_shape()[0] == ir::kBatch ? 0.6 : 0.5;
}

}  // namespace

std::string CanGeneric(const KernelSpec&, const Machine&) { return ""; }

// A contraction has register tiles, but no copies that suit them; the work of other kernels is that of their elements.
Work CostGeneric(const KernelSpec& spec, const Machine& machine) {
  Work work = CommonWork(spec);
  work.elementwise = 0;  // every node is counted below
  for (const Node& node : spec.kernel.body) {
    const double elements = Elements(spec, node.outputs[0]);
    if (node.op->kind != ir::OpKind::kContraction) {
      work.elementwise += (1 + node.op->cost) * elements;
      if (node.op->is_reduction_loop() && !node.inputs.empty()) work.elementwise += Elements(spec, node.inputs[0]);
      continue;
    }
    std::vector<ir::Type> inputs, outputs;
    for (ValueId input : node.inputs) inputs.push_back(spec.type(input));
    for (ValueId output : node.outputs) outputs.push_back(spec.type(output));
    const auto flops = node.op->flops({inputs, node.attributes}, outputs, spec.batch_size());
    const double width = static_cast<double>(spec.Extent(outputs[0].shape.back()));
    const double lanes = static_cast<double>(CeilDiv(static_cast<int64_t>(width), machine.lanes)) * machine.lanes;
    work.products += static_cast<double>(flops) / 2 * lanes / width / ShareOfTiles(spec, node);
    if (ir::TransposesOf(node).b) work.elementwise += kTransposeOperations * Elements(spec, node.inputs[1]);
  }
  return work;
}

ScheduledKernel BuildGeneric(KernelBuilder& builder) { return GenericBuilder(builder).Build(); }

}  // namespace brine::codegen
