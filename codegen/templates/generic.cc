// generic: holds any legal region.  Every stored value is one loop nest; everything else is computed inside the loops that read it.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "codegen/grouping.h"
#include "codegen/schedule.h"
#include "codegen/templates/templates.h"
#include "ir/check.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::Var;
using ir::Node;
using ir::ValueId;

constexpr int64_t kLargestPanel = 64 << 10;  // bytes on a task's stack

class GenericBuilder {
 public:
  explicit GenericBuilder(const KernelRequest& request)
      : graph_(request.graph), kernel_(request.kernel()), grouping_(GroupValues(graph_, kernel_)), groups_(grouping_.groups.size()) {
    machine_.lanes = request.target.natural_vector_size<float>();
    machine_.registers = request.target.has_feature(Halide::Target::AVX512) ? 32 : 16;
    machine_.batch_size = graph_.batch_size;
    for (const Node& node : kernel_.body) {
      for (ValueId value : node.outputs) defining_[value] = &node;
    }
  }

  ScheduledKernel Build() {
    MakeParams();
    ScheduledKernel result;
    for (const ImageParam& param : params_) result.inputs.push_back(param);
    std::vector<Func> outputs;
    for (size_t group = 0; group < groups_.size(); ++group) {
      MakeGroup(static_cast<int>(group));
      if (!grouping_.groups[group].output) continue;
      outputs.push_back(groups_[group].nest.func);
      for (ValueId value : grouping_.groups[group].values) {
        const auto at = std::find(kernel_.outputs.begin(), kernel_.outputs.end(), value);
        result.output_order.push_back(static_cast<int>(at - kernel_.outputs.begin()));
      }
    }
    for (GroupState& group : groups_) ScheduleGroup(group);
    result.pipeline = Halide::Pipeline(outputs);
    return result;
  }

 private:
  struct GroupState {
    bool made = false;
    LoopNest nest;
    std::vector<LoopNest> roots;
    std::vector<std::pair<const Node*, Lowered>> lowered;  // of the nodes that are computed inside
  };

  void MakeParams() {
    bool have_rows = false;
    for (size_t index = 0; index < kernel_.inputs.size(); ++index) {
      const ValueId value = kernel_.inputs[index];
      const ir::Type& type = graph_.type(value);
      params_.emplace_back(ToHalide(type.dtype), type.rank(), absl::StrCat("in", index));
      for (int axis = 0; axis < type.rank() && !have_rows; ++axis) {
        if (type.shape[static_cast<size_t>(type.rank() - 1 - axis)] != ir::kBatch) continue;
        machine_.rows = params_.back().dim(axis).extent();
        have_rows = true;
      }
      tensors_[value] = {type, params_.back(), -1};
    }
    for (size_t index = 0; index < params_.size(); ++index) SetBounds(params_[index], graph_.type(kernel_.inputs[index]).shape, false);
  }

  // A dense buffer whose extents are fixed, but for n.
  void SetBounds(Halide::OutputImageParam param, const ir::Shape& shape, bool strides_only) {
    Expr stride = 1;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      const ir::Dim dim = shape[shape.size() - 1 - axis];
      auto dimension = param.dim(static_cast<int>(axis));
      if (!strides_only) {
        dimension.set_min(0);
        if (dim != ir::kBatch) dimension.set_extent(static_cast<int>(dim));
        else if (machine_.rows.defined() && !SameExpr(dimension.extent(), machine_.rows)) dimension.set_extent(machine_.rows);
      }
      dimension.set_stride(stride);
      if (axis + 1 < shape.size()) stride = stride * (dim == ir::kBatch ? machine_.rows : Expr(static_cast<int>(dim)));
    }
  }
  static bool SameExpr(const Expr& a, const Expr& b) { return Halide::Internal::equal(a, b); }

  // `value` as a node in `group` reads it.
  Tensor Read(ValueId value, int group) {
    if (const auto param = tensors_.find(value); param != tensors_.end()) return param->second;
    const int home = grouping_.group_of[static_cast<size_t>(value)];
    if (home != Grouping::kInlined && home != group) {
      MakeGroup(home);
      const std::vector<ValueId>& members = grouping_.groups[static_cast<size_t>(home)].values;
      const auto at = std::find(members.begin(), members.end(), value);
      return {graph_.type(value), groups_[static_cast<size_t>(home)].nest.func, members.size() == 1 ? -1 : static_cast<int>(at - members.begin())};
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
      if (root.panel && PanelBytes(root) <= kLargestPanel) {
        state.nest.panels.push_back(root.func);
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

  int64_t PanelBytes(const Root& root) const { return root.shape[0] * 4 * machine_.lanes * static_cast<int64_t>(sizeof(float)); }

  bool ReadsFlat(const Node& node) const {
    return std::all_of(node.inputs.begin(), node.inputs.end(),
                       [&](ValueId input) { return graph_.type(input).rank() == 0 || ReadsPointwise(graph_, node, input); });
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

  void ScheduleGroup(GroupState& state) {
    if (state.nest.output) {
      const std::vector<Halide::OutputImageParam> buffers = state.nest.func.output_buffers();
      for (size_t index = 0; index < buffers.size(); ++index) SetBounds(buffers[index], state.nest.shape, index > 0);
    }
    Schedule(state.nest, machine_);
    for (LoopNest& root : state.roots) Schedule(root, machine_);
  }

  const ir::Graph& graph_;
  const Node& kernel_;
  const Grouping grouping_;
  Machine machine_;
  std::vector<GroupState> groups_;
  std::vector<ImageParam> params_;
  std::map<ValueId, Tensor> tensors_;
  std::map<ValueId, const Node*> defining_;
};

}  // namespace

ScheduledKernel BuildGeneric(const KernelRequest& request) { return GenericBuilder(request).Build(); }

}  // namespace brine::codegen
