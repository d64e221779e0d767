#include "codegen/driver/join_updates.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "ir/kinds.h"
#include "passes/regions.h"
#include "runtime/base/alignment.h"

namespace brine::codegen {
namespace {

using ir::Graph;
using ir::Node;
using ir::Placement;
using ir::ValueId;

constexpr int64_t kMaxRangeBytes = int64_t{1} << 30;  // kernels count elements in 32 bits

bool HoldsStates(ir::Block block) {
  return block == ir::Block::kParameters || block == ir::Block::kSlots || block == ir::Block::kNonTrainable;
}

class UpdateJoiner {
 public:
  explicit UpdateJoiner(const Graph& planned) : graph_(planned) {}

  Graph Run() {
    std::vector<Node> nodes, updates;
    size_t joined_position = 0;
    for (Node& node : graph_.nodes) {
      if (HoldsUpdatesOnly(node)) {
        std::move(node.body.begin(), node.body.end(), std::back_inserter(updates));
        joined_position = nodes.size();
      } else {
        nodes.push_back(std::move(node));
      }
    }
    std::stable_sort(updates.begin(), updates.end(), [&](const Node& a, const Node& b) { return Begin(a) < Begin(b); });
    std::vector<Node> joined;
    for (size_t begin = 0, end = 0; begin < updates.size(); begin = end) {
      for (end = begin + 1; end < updates.size() && Continues(updates[begin], updates[end - 1], updates[end]);) ++end;
      joined.push_back(Join(
          {updates.begin() + static_cast<std::ptrdiff_t>(begin), updates.begin() + static_cast<std::ptrdiff_t>(end)}));
    }
    nodes.insert(nodes.begin() + static_cast<std::ptrdiff_t>(joined_position), std::make_move_iterator(joined.begin()),
                 std::make_move_iterator(joined.end()));
    graph_.nodes = std::move(nodes);
    return std::move(graph_);
  }

 private:
  bool HoldsUpdatesOnly(const Node& node) const {
    return node.is_kernel() && std::all_of(node.body.begin(), node.body.end(), [&](const Node& inner) {
             const std::optional<Placement>& place = graph_.value(inner.outputs[0]).placement;
             return inner.op->is_update() && place.has_value() && place->block == ir::Block::kParameters;
           });
  }

  const Placement& PlacementOf(ValueId value) const { return *graph_.value(value).placement; }
  // The offset of the parameter that `update` updates.
  int64_t Begin(const Node& update) const { return PlacementOf(update.inputs[ir::kUpdatedOperand]).offset; }
  // The offset at which the next tensor of the block begins.
  int64_t End(ValueId value) const {
    const int64_t bytes = ir::ByteCount(graph_.type(value), graph_.batch_size).value();
    return PlacementOf(value).offset + base::RoundUp(bytes);
  }
  // Whether `next` begins where `value` ends.
  bool Follows(ValueId value, ValueId next) const {
    return PlacementOf(value).block == PlacementOf(next).block && End(value) == PlacementOf(next).offset;
  }

  // Whether `next` may extend the range of updates from `first` to `last`.
  bool Continues(const Node& first, const Node& last, const Node& next) const {
    if (last.op != next.op || last.attributes != next.attributes) return false;
    if (End(next.inputs[ir::kUpdatedOperand]) - Begin(first) > kMaxRangeBytes) return false;
    for (size_t operand = 0; operand < next.inputs.size(); ++operand) {
      const ValueId a = last.inputs[operand], b = next.inputs[operand];
      if (operand < ir::TensorOperands(*next.op) ? !Follows(a, b) : a != b) return false;
    }
    for (size_t result = 0; result < next.outputs.size(); ++result) {
      if (!Follows(last.outputs[result], next.outputs[result])) return false;
    }
    return true;
  }

  // Adds a value for the memory from the begin of `first` to the end of `last`.
  ValueId AddRange(absl::string_view name, ValueId first, ValueId last) {
    const int64_t elements = (End(last) - PlacementOf(first).offset) / (ir::BitWidth(graph_.type(first).dtype) / 8);
    const Placement place = PlacementOf(first);
    const ValueId range = graph_.AddValue(name, {graph_.type(first).dtype, {elements}});
    graph_.value(range).placement = place;
    return range;
  }

  // The kernel that does all updates of `run`.
  Node Join(const std::vector<Node>& run) {
    Node update = run.front(), kernel;
    const Node& last = run.back();
    for (size_t operand = 0; operand < ir::TensorOperands(*update.op); ++operand)
      update.inputs[operand] = AddRange(update.op->operands[operand], update.inputs[operand], last.inputs[operand]);
    for (size_t result = 0; result < update.outputs.size(); ++result)
      update.outputs[result] = AddRange(update.op->name, update.outputs[result], last.outputs[result]);
    for (const Node& old : run) {
      kernel.locations.insert(kernel.locations.end(), old.locations.begin(), old.locations.end());
      for (ValueId value : old.outputs) {
        graph_.value(value).placement.reset();
        std::erase_if(graph_.updates, [&](const ir::Update& entry) { return entry.value == value; });
      }
    }
    kernel.inputs = update.inputs;
    kernel.outputs = update.outputs;
    kernel.region = passes::kUpdate;
    kernel.body.push_back(std::move(update));
    return kernel;
  }

  Graph graph_;
};

}  // namespace

bool WritesStates(const Graph& planned, const Node& kernel) {
  return std::any_of(kernel.outputs.begin(), kernel.outputs.end(),
                     [&](ValueId output) { return HoldsStates(planned.value(output).placement->block); });
}

Graph JoinUpdates(const Graph& planned) { return UpdateJoiner(planned).Run(); }

}  // namespace brine::codegen
