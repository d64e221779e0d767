// generic: holds any legal region.  Every stored value is one loop nest; everything else is computed inside the loops
// that read it.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "codegen/grouping.h"
#include "codegen/templates/frame.h"
#include "ir/check.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Func;
using Halide::Var;
using ir::Node;
using ir::ValueId;

class GenericBuilder {
 public:
  explicit GenericBuilder(const KernelRequest& request)
      : graph_(request.graph),
        kernel_(request.kernel()),
        frame_(request),
        machine_(frame_.machine()),
        grouping_(GroupValues(graph_, kernel_)),
        groups_(grouping_.groups.size()) {
    for (const Node& node : kernel_.body) {
      for (ValueId value : node.outputs) defining_[value] = &node;
    }
  }

  ScheduledKernel Build() {
    for (size_t group = 0; group < groups_.size(); ++group) {
      MakeGroup(static_cast<int>(group));
      if (grouping_.groups[group].output) frame_.AddOutput(groups_[group].nest.func, grouping_.groups[group].values);
    }
    for (GroupState& group : groups_) {
      Schedule(group.nest, machine_);
      for (LoopNest& root : group.roots) Schedule(root, machine_);
    }
    return frame_.Finish("generic");
  }

 private:
  struct GroupState {
    bool made = false;
    LoopNest nest;
    std::vector<LoopNest> roots;
    std::vector<std::pair<const Node*, Lowered>> lowered;  // of the nodes that are computed inside
  };

  // `value` as a node in `group` reads it.
  Tensor Read(ValueId value, int group) {
    if (const Tensor* parameter = frame_.Parameter(value)) return *parameter;
    const int home = grouping_.group_of[static_cast<size_t>(value)];
    if (home != Grouping::kInlined && home != group) {
      MakeGroup(home);
      const std::vector<ValueId>& members = grouping_.groups[static_cast<size_t>(home)].values;
      const auto at = std::find(members.begin(), members.end(), value);
      return {graph_.type(value), groups_[static_cast<size_t>(home)].nest.func,
              members.size() == 1 ? -1 : static_cast<int>(at - members.begin())};
    }
    const Node& node = *defining_.at(value);
    const Lowered& lowered = Lower(node, group);
    const auto at = std::find(node.outputs.begin(), node.outputs.end(), value);
    return {graph_.type(value), lowered.results[static_cast<size_t>(at - node.outputs.begin())], -1};
  }

  const Lowered& Lower(const Node& node, int group) {
    for (const auto& [known, lowered] : groups_[static_cast<size_t>(group)].lowered) {
      if (known == &node) return lowered;
    }
    LoweringContext context = {node, {}, {}, machine_.rows, machine_.batch_size, machine_.lanes};
    for (ValueId input : node.inputs) context.in.push_back(Read(input, group));
    for (ValueId output : node.outputs) context.out.push_back(graph_.type(output));
    Lowered lowered = FindAlgorithm(*node.op).lower(context);
    GroupState& state = groups_[static_cast<size_t>(group)];
    for (const Accumulator& accumulator : lowered.accumulators) state.nest.accumulators.push_back(accumulator);
    for (const Root& root : lowered.roots) {
      if (root.panel && PanelBytes(root.shape[0], machine_.lanes) <= kLargestPanel) {
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
      return graph_.type(input).rank() == 0 || ReadsPointwise(graph_, node, input);
    });
  }

  void MakeGroup(int group) {
    GroupState& state = groups_[static_cast<size_t>(group)];
    if (state.made) return;
    state.made = true;
    const Group& members = grouping_.groups[static_cast<size_t>(group)];
    const ir::Shape& shape = graph_.type(members.values[0]).shape;
    state.nest.shape = shape;
    state.nest.flat = true;
    state.nest.output = members.output;
    const std::vector<Var> axes = Axes(static_cast<int>(shape.size()));
    std::vector<Expr> values;
    for (ValueId value : members.values) {
      const Node& node = *defining_.at(value);
      const auto at = std::find(node.outputs.begin(), node.outputs.end(), value);
      const Func func = Lower(node, group).results[static_cast<size_t>(at - node.outputs.begin())];
      values.push_back(func(Reversed(axes)));
    }
    state.nest.func = MakeFunc(absl::StrCat(members.output ? "out" : "mid", group), axes, values);
  }

  const ir::Graph& graph_;
  const Node& kernel_;
  Frame frame_;
  const Machine machine_;
  const Grouping grouping_;
  std::vector<GroupState> groups_;
  std::map<ValueId, const Node*> defining_;
};

}  // namespace

ScheduledKernel BuildGeneric(const KernelRequest& request) { return GenericBuilder(request).Build(); }

}  // namespace brine::codegen
