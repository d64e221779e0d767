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
    for (const ir::State& state : graph_.states) Append(ir::BlockOf(state.role), state.value);
    for (const Node& node : graph_.nodes) {
      if (!node.is_kernel() && node.op->is_source()) Append(Block::kConstants, node.outputs[0]);
    }
    for (const ir::Update& update : graph_.updates) Place(update.value, *PlacementOf(update.state));
    PlaceGradients();
    for (const ir::Output& output : graph_.outputs) {
      const ValueId storage = Life(output.value).storage;
      if (!PlacementOf(storage)) Append(Block::kOutputs, storage);
    }
    PlaceArena();
    PlaceViews();
    graph_.stage = ir::Stage::kPlanned;
    return absl::OkStatus();
  }

 private:
  const Lifetime& Life(ValueId value) const { return lifetimes_[Index(value)]; }
  int64_t Bytes(ValueId value) const { return bytes_[Index(value)]; }
  std::optional<ir::Placement>& PlacementOf(ValueId value) { return graph_.value(value).placement; }

  // Places the value unless it has a placement already.
  void Place(ValueId value, const ir::Placement& placement) {
    if (!PlacementOf(value)) PlacementOf(value) = placement;
  }
  // Places the value at the end of the block.
  void Append(Block block, ValueId value) {
    int64_t& end = end_[static_cast<size_t>(block)];
    Place(value, {block, end});
    end += Bytes(value);
  }

  // Whether the kernel writes to the place of the state.
  bool Overwrites(const Node& kernel, ValueId state) {
    return std::any_of(kernel.outputs.begin(), kernel.outputs.end(),
                       [&](ValueId output) { return PlacementOf(output) == PlacementOf(state); });
  }

  // Gives the gradient that an update reads the offset of its parameter.
  void PlaceGradients() {
    for (const Node& kernel : graph_.nodes) {
      for (const Node& update : kernel.body) {
        if (!update.op->is_update()) continue;
        const ir::State* state = graph_.FindState(update.inputs[ir::kUpdatedOperand]);
        const ValueId read = update.inputs[ir::kGradientOperand];
        if (state == nullptr || state->role != ir::Role::kParameter || !Life(read).exists) continue;
        if (!Overwrites(kernel, state->value)) continue;
        const ValueId gradient = Life(read).storage;
        if (Life(gradient).first != ir::kBeforeStep)
          Place(gradient, {Block::kGradients, PlacementOf(state->value)->offset});
      }
    }
  }

  // Places the transient values.  An output that may overwrite an input is placed in the buffer of that input.
  void PlaceArena() {
    std::vector<Buffer> buffers;
    std::vector<std::vector<ValueId>> values_in;           // by buffer: the values that use it, one after another
    std::vector<int> buffer_of(graph_.values.size(), -1);  // by value that is not a view
    for (ir::NodeId moment : graph_.node_ids()) {
      const Node& node = graph_.node(moment);
      std::set<ValueId> overwritten;
      for (ValueId output : node.outputs) {
        if (PlacementOf(output) || Life(output).storage != output) continue;
        int buffer = -1;
        for (ValueId input : node.inputs) {
          const ValueId storage = Life(input).storage;
          if (buffer_of[Index(storage)] < 0 || !MayOverwrite(node, moment, storage, output)) continue;
          if (!overwritten.insert(storage).second) continue;
          buffer = buffer_of[Index(storage)];
          break;
        }
        if (buffer < 0) {
          buffer = static_cast<int>(buffers.size());
          buffers.push_back({static_cast<int>(moment), 0, Bytes(output)});
          values_in.emplace_back();
        }
        buffers[static_cast<size_t>(buffer)].last = static_cast<int>(Life(output).last);
        values_in[static_cast<size_t>(buffer)].push_back(output);
        buffer_of[Index(output)] = buffer;
      }
    }
    const std::vector<int64_t> offsets = PlaceBuffers(buffers);
    for (size_t buffer = 0; buffer < buffers.size(); ++buffer) {
      for (ValueId value : values_in[buffer]) Place(value, {Block::kArena, offsets[buffer]});
    }
  }

  // Whether `output` may overwrite the bytes of `storage`, which the kernel reads, perhaps through views.
  bool MayOverwrite(const Node& kernel, ir::NodeId moment, ValueId storage, ValueId output) const {
    if (!kernel.is_kernel() || Life(storage).last != moment) return false;
    return std::all_of(kernel.inputs.begin(), kernel.inputs.end(), [&](ValueId input) {
      return Life(input).storage != storage || MayAlias(graph_, kernel, input, output);
    });
  }

  void PlaceViews() {
    for (const Node& node : graph_.nodes) {
      for (ValueId output : node.outputs) {
        if (Life(output).storage != output) Place(output, *PlacementOf(Life(output).storage));
      }
    }
  }

  Graph& graph_;
  const std::vector<Lifetime> lifetimes_;
  std::vector<int64_t> bytes_;                     // by value, rounded up
  std::array<int64_t, ir::kBlockCount> end_ = {};  // by block: the end of what was appended so far
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
  // The lives of the values of the arena, by offset.  A value that overwrote another in place continues its buffer.
  std::map<int64_t, std::vector<Buffer>> lives;
  for (ValueId value : planned.value_ids()) {
    const std::optional<ir::Placement>& placement = planned.value(value).placement;
    const Lifetime& life = lifetimes[Index(value)];
    const absl::StatusOr<int64_t> bytes = ir::ByteCount(planned.type(value), std::max<int64_t>(planned.batch_size, 1));
    if (!life.exists || !placement || !bytes.ok()) continue;
    int64_t& end = report.block_bytes[static_cast<size_t>(placement->block)];
    end = std::max(end, placement->offset + RoundUp(*bytes));
    if (placement->block == Block::kArena && life.storage == value)
      lives[placement->offset].push_back({static_cast<int>(life.first), static_cast<int>(life.last), RoundUp(*bytes)});
  }
  std::vector<Buffer> all;
  for (auto& [offset, values] : lives) {
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
