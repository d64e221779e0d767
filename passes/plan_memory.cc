#include "passes/plan_memory.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "ir/kinds.h"
#include "ir/lifetimes.h"
#include "ir/status.h"
#include "passes/arena.h"
#include "passes/edit.h"
#include "passes/kernel_query.h"
#include "runtime/base/alignment.h"

namespace brine::passes {
namespace {

using base::RoundUp;
using ir::Block;
using ir::Graph;
using ir::Lifetime;
using ir::Node;
using ir::ValueId;

class Planner {
 public:
  explicit Planner(Graph& graph)
      : graph_(graph), lifetimes_(ir::FindLifetimes(graph)), bytes_(graph.values.size(), 0) {}

  absl::Status Run() {
    for (ValueId value : graph_.value_ids()) {
      if (!Life(value).exists) continue;
      BRINE_ASSIGN_OR_RETURN(const int64_t bytes, ir::ByteCount(graph_.type(value), graph_.batch_size));
      bytes_[Index(value)] = RoundUp(bytes);
    }
    for (const ir::Input& input : graph_.inputs) Append(Block::kInputs, input.value);
    for (const ir::State& state : graph_.states) Append(ir::HomeOf(state.role), state.value);
    for (const Node& node : graph_.nodes) {
      if (!node.is_kernel() && node.op->is_source()) Append(Block::kConstants, node.outputs[0]);
    }
    for (const ir::Update& update : graph_.updates) Place(update.value, *At(update.state));
    PlaceGradients();
    for (const ir::Output& output : graph_.outputs) {
      const ValueId root = Life(output.value).root;
      if (!At(root)) Append(Block::kOutputs, root);
    }
    PlaceArena();
    PlaceViews();
    graph_.stage = ir::Stage::kPlanned;
    return absl::OkStatus();
  }

 private:
  const Lifetime& Life(ValueId value) const { return lifetimes_[Index(value)]; }
  int64_t Bytes(ValueId value) const { return bytes_[Index(value)]; }
  std::optional<ir::Placement>& At(ValueId value) { return graph_.value(value).placement; }

  void Place(ValueId value, const ir::Placement& place) {
    if (!At(value)) At(value) = place;
  }
  void Append(Block block, ValueId value) {
    int64_t& end = end_[static_cast<size_t>(block)];
    Place(value, {block, end});
    end += Bytes(value);
  }

  // The gradient that an update reads gets its parameter's offset.
  void PlaceGradients() {
    for (const Node& kernel : graph_.nodes) {
      for (const Node& step : kernel.body) {
        if (!step.op->is_update()) continue;
        const ir::State* state = graph_.FindState(step.inputs[ir::kUpdatedOperand]);
        const ValueId read = step.inputs[ir::kGradientOperand];
        if (state == nullptr || state->role != ir::Role::kParameter || !Life(read).exists) continue;
        if (At(step.outputs[0]) != At(state->value)) continue;  // it does not update the parameter
        const ValueId gradient = Life(read).root;
        if (Life(gradient).first != ir::kBeforeStep) Place(gradient, {Block::kGradients, At(state->value)->offset});
      }
    }
  }

  void PlaceArena() {
    std::vector<Buffer> buffers;
    std::vector<std::vector<ValueId>> held;                // by buffer
    std::vector<int> buffer_of(graph_.values.size(), -1);  // by root
    for (ir::NodeId moment : graph_.node_ids()) {
      const Node& node = graph_.node(moment);
      std::set<ValueId> overwritten;
      for (ValueId output : node.outputs) {
        if (At(output) || Life(output).root != output) continue;
        int buffer = -1;
        for (ValueId input : node.inputs) {
          const ValueId root = Life(input).root;
          if (buffer_of[Index(root)] < 0 || !MayOverwrite(node, moment, root, output)) continue;
          if (!overwritten.insert(root).second) continue;
          buffer = buffer_of[Index(root)];
          break;
        }
        if (buffer < 0) {
          buffer = static_cast<int>(buffers.size());
          buffers.push_back({static_cast<int>(moment), 0, Bytes(output)});
          held.emplace_back();
        }
        buffers[static_cast<size_t>(buffer)].last = static_cast<int>(Life(output).last);
        held[static_cast<size_t>(buffer)].push_back(output);
        buffer_of[Index(output)] = buffer;
      }
    }
    const std::vector<int64_t> offsets = PlaceBuffers(buffers);
    for (size_t buffer = 0; buffer < buffers.size(); ++buffer) {
      for (ValueId value : held[buffer]) Place(value, {Block::kArena, offsets[buffer]});
    }
  }

  // Whether `output` may overwrite `root`, which the kernel reads, perhaps through views.
  bool MayOverwrite(const Node& kernel, ir::NodeId moment, ValueId root, ValueId output) const {
    if (!kernel.is_kernel() || Life(root).last != moment) return false;
    return std::all_of(kernel.inputs.begin(), kernel.inputs.end(), [&](ValueId input) {
      return Life(input).root != root || MayAlias(graph_, kernel, input, output);
    });
  }

  void PlaceViews() {
    for (const Node& node : graph_.nodes) {
      for (ValueId output : node.outputs) {
        if (Life(output).root != output) Place(output, *At(Life(output).root));
      }
    }
  }

  Graph& graph_;
  const std::vector<Lifetime> lifetimes_;
  std::vector<int64_t> bytes_;                     // by value, rounded up
  std::array<int64_t, ir::kBlockCount> end_ = {};  // of what was appended, by block
};

}  // namespace

absl::StatusOr<bool> PlanMemory(Graph& graph) {
  if (graph.batch_size < 1) return ErrorAt({}, "plan-memory", "the graph has no batch size");
  BRINE_RETURN_IF_ERROR(Planner(graph).Run());
  return true;
}

MemoryReport ReportMemory(const Graph& planned) {
  MemoryReport report;
  const std::vector<Lifetime> lifetimes = ir::FindLifetimes(planned);
  // The values of the arena by offset.  A value that was written in place extends the buffer of the value before it.
  std::map<int64_t, std::vector<Buffer>> buffers;
  for (ValueId value : planned.value_ids()) {
    const std::optional<ir::Placement>& place = planned.value(value).placement;
    const Lifetime& life = lifetimes[Index(value)];
    const absl::StatusOr<int64_t> bytes = ir::ByteCount(planned.type(value), std::max<int64_t>(planned.batch_size, 1));
    if (!life.exists || !place || !bytes.ok()) continue;
    int64_t& end = report.block_bytes[static_cast<size_t>(place->block)];
    end = std::max(end, place->offset + RoundUp(*bytes));
    if (place->block == Block::kArena && life.root == value)
      buffers[place->offset].push_back({static_cast<int>(life.first), static_cast<int>(life.last), RoundUp(*bytes)});
  }
  std::vector<Buffer> all;
  for (auto& [offset, values] : buffers) {
    std::sort(values.begin(), values.end(), [](const Buffer& a, const Buffer& b) { return a.first < b.first; });
    for (size_t index = 0; index < values.size(); ++index) {
      const bool in_place = index > 0 && all.back().last == values[index].first;
      if (in_place)
        all.back().last = values[index].last;
      else
        all.push_back(values[index]);
    }
  }
  report.arena_bound_bytes = ArenaBound(all);
  return report;
}

}  // namespace brine::passes
