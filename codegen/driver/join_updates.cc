#include "codegen/driver/join_updates.h"

#include <algorithm>
#include <map>
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

// The nodes of a kernel that update one parameter: one of kind update, and the elementwise nodes around it.
struct ParameterUpdate {
  std::vector<Node> nodes;
  size_t update = 0;  // the index of the one of kind update

  ValueId parameter() const { return nodes[update].inputs[ir::kUpdatedOperand]; }
};

// The position of a result of the nodes of an update; `node` is −1 of a value that comes from outside.
struct Origin {
  int node = -1, result = 0;
  bool operator==(const Origin&) const = default;
};

Origin OriginOf(const ParameterUpdate& update, ValueId value) {
  for (size_t node = 0; node < update.nodes.size(); ++node) {
    const std::vector<ValueId>& outputs = update.nodes[node].outputs;
    const auto output = std::find(outputs.begin(), outputs.end(), value);
    if (output != outputs.end()) return {static_cast<int>(node), static_cast<int>(output - outputs.begin())};
  }
  return {};
}

// Splits the body of a kernel into the updates of its parameters; empty if other nodes are between them.
std::vector<ParameterUpdate> SplitUpdates(const Node& kernel) {
  std::map<ValueId, size_t> part_of;  // by value that the body makes: one of `parts`
  std::vector<std::vector<const Node*>> parts;
  for (const Node& node : kernel.body) {
    const size_t own = parts.size();
    parts.push_back({&node});
    for (ValueId input : node.inputs) {
      const auto made = part_of.find(input);
      if (made == part_of.end() || made->second == own) continue;
      std::vector<const Node*>& from = parts[made->second];
      parts[own].insert(parts[own].end(), from.begin(), from.end());
      from.clear();
      for (const Node* moved : parts[own]) {
        for (ValueId output : moved->outputs) part_of[output] = own;
      }
    }
    for (ValueId output : node.outputs) part_of[output] = own;
  }
  std::vector<ParameterUpdate> updates;
  for (std::vector<const Node*>& part : parts) {
    if (part.empty()) continue;
    std::sort(part.begin(), part.end());  // in the order of the body
    ParameterUpdate update;
    size_t count = 0;
    for (const Node* node : part) {
      if (node->op->is_update()) update.update = update.nodes.size(), ++count;
      if (!node->op->is_elementwise()) return {};
      update.nodes.push_back(*node);
    }
    if (count != 1) return {};
    updates.push_back(std::move(update));
  }
  return updates;
}

class UpdateJoiner {
 public:
  explicit UpdateJoiner(const Graph& planned) : graph_(planned) {}

  Graph Run() {
    std::vector<Node> nodes;
    std::vector<ParameterUpdate> updates;
    size_t joined_position = 0;
    for (Node& node : graph_.nodes) {
      std::vector<ParameterUpdate> of_node = UpdatesOf(node);
      if (!of_node.empty()) {
        std::move(of_node.begin(), of_node.end(), std::back_inserter(updates));
        joined_position = nodes.size();
      } else {
        nodes.push_back(std::move(node));
      }
    }
    std::stable_sort(updates.begin(), updates.end(), [&](const ParameterUpdate& a, const ParameterUpdate& b) {
      return Offset(a.parameter()) < Offset(b.parameter());
    });
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
  // The updates that the kernel consists of; none if it contains anything else, or if an update is not in place.
  std::vector<ParameterUpdate> UpdatesOf(const Node& node) const {
    if (!node.is_kernel() || (node.region != passes::kUpdate && node.body.size() > 1)) return {};
    std::vector<ParameterUpdate> updates = SplitUpdates(node);
    const bool in_place = std::all_of(updates.begin(), updates.end(), [&](const ParameterUpdate& update) {
      return IsPlaced(update.parameter()) && PlacementOf(update.parameter()).block == ir::Block::kParameters &&
             std::any_of(node.outputs.begin(), node.outputs.end(),
                         [&](ValueId output) { return PlacementOf(output) == PlacementOf(update.parameter()); });
    });
    return in_place ? updates : std::vector<ParameterUpdate>();
  }

  bool IsPlaced(ValueId value) const { return graph_.value(value).placement.has_value(); }
  const Placement& PlacementOf(ValueId value) const { return *graph_.value(value).placement; }
  int64_t Offset(ValueId value) const { return PlacementOf(value).offset; }
  // The offset at which the next tensor of the block begins.
  int64_t End(ValueId value) const {
    const int64_t bytes = ir::ByteCount(graph_.type(value), graph_.batch_size).value();
    return Offset(value) + base::RoundUp(bytes);
  }
  // Whether `next` begins where `value` ends.
  bool Follows(ValueId value, ValueId next) const {
    return PlacementOf(value).block == PlacementOf(next).block && End(value) == Offset(next);
  }

  // Whether an operand that comes from outside has an element for each one of the parameter.
  bool IsTensor(const Node& node, size_t operand) const {
    if (node.op->is_update()) return operand < ir::TensorOperands(*node.op);
    return HoldsStates(PlacementOf(node.inputs[operand]).block);
  }

  // Whether `next` may extend the range of updates from `first` to `last`.
  bool Continues(const ParameterUpdate& first, const ParameterUpdate& last, const ParameterUpdate& next) const {
    if (last.nodes.size() != next.nodes.size()) return false;
    if (End(next.parameter()) - Offset(first.parameter()) > kMaxRangeBytes) return false;
    for (size_t index = 0; index < next.nodes.size(); ++index) {
      const Node &a = last.nodes[index], &b = next.nodes[index];
      if (a.op != b.op || a.attributes != b.attributes) return false;
      for (size_t operand = 0; operand < b.inputs.size(); ++operand) {
        const Origin origin = OriginOf(next, b.inputs[operand]);
        if (OriginOf(last, a.inputs[operand]) != origin) return false;
        if (origin == Origin() && !ContinuesOperand(a, b, operand)) return false;
      }
      for (size_t result = 0; result < b.outputs.size(); ++result) {
        if (IsPlaced(a.outputs[result]) != IsPlaced(b.outputs[result])) return false;
        if (IsPlaced(b.outputs[result]) && !Follows(a.outputs[result], b.outputs[result])) return false;
      }
    }
    return true;
  }

  bool ContinuesOperand(const Node& last, const Node& next, size_t operand) const {
    if (IsTensor(last, operand) != IsTensor(next, operand)) return false;
    return IsTensor(next, operand) ? Follows(last.inputs[operand], next.inputs[operand])
                                   : last.inputs[operand] == next.inputs[operand];
  }

  // Adds a value with an element for each one from the begin of `first` to the end of `last`, two tensors of a block.
  ValueId AddRange(absl::string_view name, ValueId first, ValueId last) {
    const int64_t elements = (End(last) - Offset(first)) / (ir::BitWidth(graph_.type(first).dtype) / 8);
    const Placement place = PlacementOf(first);
    const ValueId range = graph_.AddValue(name, {graph_.type(first).dtype, {elements}});
    graph_.value(range).placement = place;
    return range;
  }

  // The kernel that does all updates of `run`.
  Node Join(const std::vector<ParameterUpdate>& run) {
    const ParameterUpdate &first = run.front(), &last = run.back();
    const ir::Type type = {graph_.type(first.parameter()).dtype,
                           {(End(last.parameter()) - Offset(first.parameter())) / 4}};
    std::map<ValueId, ValueId> ranges;  // by value of the first update
    Node kernel;
    kernel.region = passes::kUpdate;
    for (size_t index = 0; index < first.nodes.size(); ++index) {
      Node node = first.nodes[index];
      for (size_t operand = 0; operand < node.inputs.size(); ++operand) {
        ValueId& input = node.inputs[operand];
        const bool is_new = ranges.count(input) == 0;
        if (is_new && IsTensor(node, operand))
          ranges[input] = AddRange(NameOf(node, operand), input, last.nodes[index].inputs[operand]);
        const ValueId read = ranges.count(input) == 0 ? input : ranges[input];
        if (std::find(kernel.inputs.begin(), kernel.inputs.end(), read) == kernel.inputs.end() && is_new)
          kernel.inputs.push_back(read);
        input = read;
      }
      for (size_t result = 0; result < node.outputs.size(); ++result) {
        ValueId& output = node.outputs[result];
        const bool is_placed = IsPlaced(output);
        const ValueId range = is_placed ? AddRange(node.op->name, output, last.nodes[index].outputs[result])
                                        : graph_.AddValue(node.op->name, type);
        if (is_placed) kernel.outputs.push_back(range);
        output = ranges[output] = range;
      }
      kernel.body.push_back(std::move(node));
    }
    for (const ParameterUpdate& old : run) Forget(old, kernel);
    return kernel;
  }

  static absl::string_view NameOf(const Node& node, size_t operand) {
    return node.op->operands[std::min(operand, node.op->operands.size() - 1)];
  }

  // Removes the old results, which `kernel` makes as parts of its ranges.
  void Forget(const ParameterUpdate& old, Node& kernel) {
    for (const Node& node : old.nodes) {
      for (ValueId value : node.outputs) {
        graph_.value(value).placement.reset();
        std::erase_if(graph_.updates, [&](const ir::Update& entry) { return entry.value == value; });
      }
    }
    const std::vector<ir::Location>& locations = old.nodes[old.update].locations;
    kernel.locations.insert(kernel.locations.end(), locations.begin(), locations.end());
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
