#include "passes/state_updates.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "ir/kinds.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;

class StateSeparator {
 public:
  explicit StateSeparator(Graph& graph) : graph_(graph), uses_(FindUses(graph)) {}

  void Run() {
    for (const ir::Update& update : graph_.updates) {
      new_content_[update.state] = update.value;
      states_of_[update.value].push_back(update.state);
    }
    CopyIntoStates();
    uses_ = FindUses(graph_);
    CopyOperands();
  }

 private:
  // Whether the operand is a state whose new content is the result of the node that replaces this operand.
  bool ReplacesOperand(const Node& node, size_t operand) const {
    const auto next = new_content_.find(node.inputs[operand]);
    for (size_t result = 0; result < node.outputs.size() && node.op->is_update(); ++result) {
      if (ir::OperandReplacedBy(result) == operand)
        return next != new_content_.end() && next->second == node.outputs[result];
    }
    return false;
  }

  // Whether the op is an update, each of its results is the new content of the state that it replaces and of no other,
  // and nothing else reads the results.
  bool IsUpdateInPlace(const Node& node) const {
    for (size_t result = 0; result < node.outputs.size() && node.op->is_update(); ++result) {
      const ValueId value = node.outputs[result];
      const auto states = states_of_.find(value);
      if (states == states_of_.end() ||
          states->second != std::vector<ValueId>{node.inputs[ir::OperandReplacedBy(result)]})
        return false;
      if (!uses_.Readers(value).empty() || IsOutput(value)) return false;
    }
    return node.op->is_update();
  }
  bool IsOutput(ValueId value) const {
    return std::any_of(graph_.outputs.begin(), graph_.outputs.end(),
                       [&](const ir::Output& output) { return output.value == value; });
  }

  // A node broadcast(value) to the shape of the value.
  Node CopyOf(ValueId value, const std::string& name, const std::vector<ir::Location>& locations) {
    Node node;
    node.op = &ir::kBroadcast;
    node.inputs = {value};
    node.outputs = {graph_.AddValue(name, graph_.type(value))};
    node.attributes = {{"shape", graph_.type(value).shape}};
    node.locations = locations;
    return node;
  }

  // The first equation of the header.
  void CopyIntoStates() {
    for (ir::Update& update : graph_.updates) {
      const ir::NodeId producer = uses_.Producer(update.value);
      if (producer != Uses::kNone && IsUpdateInPlace(graph_.node(producer))) continue;
      const ir::Location& location = graph_.FindState(update.state)->location;
      graph_.nodes.push_back(
          CopyOf(update.value, absl::StrCat(graph_.value(update.state).name, ".next"),
                 location == ir::Location() ? std::vector<ir::Location>() : std::vector<ir::Location>{location}));
      update.value = new_content_[update.state] = graph_.nodes.back().outputs[0];
    }
  }

  // The value whose bytes `value` has: itself, or for a view another value.
  ValueId StorageOf(ValueId value) const {
    for (ir::NodeId producer = uses_.Producer(value); producer != Uses::kNone; producer = uses_.Producer(value)) {
      const Node& node = graph_.node(producer);
      if (!node.op->is_view()) break;
      value = node.inputs[0];
    }
    return value;
  }
  bool IsOverwritten(ValueId value) const { return new_content_.count(StorageOf(value)) != 0; }
  // Whether the value, or the value of which it is a view, is an input or a state.
  bool IsGiven(ValueId value) const { return uses_.Producer(StorageOf(value)) == Uses::kNone; }

  bool NeedsCopy(const Node& update, size_t operand) const {
    const ValueId value = update.inputs[operand];
    if (ReplacesOperand(update, operand)) return false;
    return IsOverwritten(value) || (update.op->is_update() && operand == ir::kGradientOperand && IsGiven(value));
  }

  // Copies operands of updates that the step overwrites before it has read them.
  void CopyOperands() {
    const std::vector<bool> is_update = FindUpdates(graph_, uses_);
    std::vector<Node> nodes;
    std::map<ValueId, ValueId> copies;
    const auto copy = [&](ValueId value, const std::vector<ir::Location>& locations) {
      const auto [found, is_new] = copies.emplace(value, ir::kNoValue);
      if (is_new) {
        nodes.push_back(CopyOf(value, absl::StrCat(graph_.value(value).name, ".copy"), locations));
        found->second = nodes.back().outputs[0];
      }
      return found->second;
    };
    for (size_t index = 0; index < is_update.size(); ++index) {
      Node node = graph_.nodes[index];
      for (size_t operand = 0; is_update[index] && operand < node.inputs.size(); ++operand) {
        if (NeedsCopy(node, operand)) node.inputs[operand] = copy(node.inputs[operand], node.locations);
      }
      nodes.push_back(std::move(node));
    }
    for (ir::Output& output : graph_.outputs) {
      if (IsGiven(output.value)) output.value = copy(output.value, {});
    }
    graph_.nodes = std::move(nodes);
  }

  Graph& graph_;
  Uses uses_;
  std::map<ValueId, ValueId> new_content_;             // by state
  std::map<ValueId, std::vector<ValueId>> states_of_;  // by the value that is their new content
};

}  // namespace

std::vector<bool> FindUpdates(const Graph& graph, const Uses& uses) {
  std::vector<bool> updates(graph.nodes.size(), false);
  for (const ir::Update& update : graph.updates) {
    const ir::NodeId producer = uses.Producer(update.value);
    if (producer != Uses::kNone) updates[Index(producer)] = true;
  }
  return updates;
}

void SeparateStates(Graph& graph) { StateSeparator(graph).Run(); }

}  // namespace brine::passes
