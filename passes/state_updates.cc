#include "passes/state_updates.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/op.h"
#include "passes/kernel_query.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;

// The operand that result `result` of an optimizer's op replaces: p', slots' stand for p, [g,] slots.
ValueId ReplacedBy(const Node& node, size_t result) { return node.inputs[result == 0 ? 0 : result + 1]; }

// The value whose bytes `value` shows.
ValueId RootOf(const Graph& graph, const Uses& uses, ValueId value) {
  for (int maker = uses.Producer(value); maker != Uses::kNone; maker = uses.Producer(value)) {
    const Node& node = graph.nodes[static_cast<size_t>(maker)];
    if (!node.op->is_view()) break;
    value = node.inputs[0];
  }
  return value;
}

// broadcast(x) to x's own shape
Node CopyOf(Graph& graph, ValueId value, const std::vector<ir::Location>& locations) {
  Node node;
  node.op = &ir::kBroadcast;
  node.inputs = {value};
  node.outputs = {graph.AddValue(absl::StrCat(graph.value(value).name, ".copy"), graph.type(value))};
  node.attributes = {{"shape", graph.type(value).shape}};
  node.locations = locations;
  return node;
}

}  // namespace

std::vector<bool> FindSteps(const Graph& graph, const Uses& uses) {
  std::vector<bool> steps(graph.nodes.size(), false);
  for (const ir::Update& update : graph.updates) {
    const int maker = uses.Producer(update.value);
    if (maker != Uses::kNone) steps[static_cast<size_t>(maker)] = true;
  }
  return steps;
}

absl::Status CheckUpdates(const Graph& graph) {
  const Uses uses = FindUses(graph);
  std::map<ValueId, int> own;  // of each updated state the step that writes it
  for (const ir::Update& update : graph.updates) {
    const std::string& state = graph.value(update.state).name;
    const int maker = uses.Producer(update.value);
    const Node* node = maker == Uses::kNone ? nullptr : &graph.nodes[static_cast<size_t>(maker)];
    const auto refuse = [&](absl::string_view sentence) {
      return ErrorAt(node == nullptr ? std::vector<ir::Location>() : node->locations, state,
                     absl::StrCat("the new value of ", state, sentence));
    };
    if (node == nullptr || !node->op->is_update())
      return refuse(" is not made by sgd, momentum or adam; nothing else may update a state");
    const size_t result = static_cast<size_t>(std::find(node->outputs.begin(), node->outputs.end(), update.value) -
                                              node->outputs.begin());
    if (ReplacedBy(*node, result) != update.state)
      return refuse(absl::StrCat(" is made by ", node->op->name, " of another state"));
    for (ValueId made : node->outputs) {
      if (!uses.Readers(made).empty()) return refuse(" is made together with a value that the same step reads");
    }
    own[update.state] = maker;
  }
  const std::vector<bool> steps = FindSteps(graph, uses);
  for (const auto& [state, step] : own) {
    const std::vector<int>& readers = uses.Readers(state);
    const Node& node = graph.nodes[static_cast<size_t>(step)];
    for (int reader : readers) {
      // As a gradient it will be a copy.
      const Node& other = graph.nodes[static_cast<size_t>(reader)];
      if (!steps[static_cast<size_t>(reader)]) continue;
      const int64_t count =
          std::count(other.inputs.begin(), other.inputs.end(), state) - (other.inputs[1] == state ? 1 : 0);
      if (count <= (reader == step ? 1 : 0)) continue;
      const std::string& name = graph.value(state).name;
      return ErrorAt(other.locations, name,
                     absl::StrCat(name, " is read by ", other.op->name, " while ", node.op->name, " replaces it"));
    }
  }
  return absl::OkStatus();
}

void SeparateStates(Graph& graph) {
  const Uses uses = FindUses(graph);
  const std::vector<bool> steps = FindSteps(graph, uses);
  const auto needs_copy = [&](ValueId value) { return uses.Producer(RootOf(graph, uses, value)) == Uses::kNone; };
  std::vector<Node> nodes;
  std::map<ValueId, ValueId> copies;
  const auto copy = [&](ValueId value, const std::vector<ir::Location>& locations) {
    if (copies.count(value) == 0) {
      nodes.push_back(CopyOf(graph, value, locations));
      copies[value] = nodes.back().outputs[0];
    }
    return copies[value];
  };
  for (size_t position = 0; position < steps.size(); ++position) {
    Node node = graph.nodes[position];
    if (steps[position] && needs_copy(node.inputs[1])) node.inputs[1] = copy(node.inputs[1], node.locations);
    nodes.push_back(std::move(node));
  }
  for (ir::Output& output : graph.outputs) {
    if (needs_copy(output.value)) output.value = copy(output.value, {});
  }
  graph.nodes = std::move(nodes);
}

}  // namespace brine::passes
