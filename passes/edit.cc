#include "passes/edit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ir/fault_list.h"
#include "ir/limits.h"

namespace brine::passes {

using ir::Graph;
using ir::Node;
using ir::ValueId;

Uses FindUses(const Graph& graph) {
  Uses uses;
  uses.producer.assign(graph.values.size(), Uses::kNone);
  uses.readers.resize(graph.values.size());
  uses.leaves.assign(graph.values.size(), false);
  for (size_t position = 0; position < graph.nodes.size(); ++position) {
    const Node& node = graph.nodes[position];
    for (ValueId input : node.inputs) uses.readers[static_cast<size_t>(input)].push_back(static_cast<int>(position));
    for (ValueId output : node.outputs) uses.producer[static_cast<size_t>(output)] = static_cast<int>(position);
  }
  for (const ir::Update& update : graph.updates) uses.leaves[static_cast<size_t>(update.value)] = true;
  for (const ir::Output& output : graph.outputs) uses.leaves[static_cast<size_t>(output.value)] = true;
  return uses;
}

void ReplaceReads(Graph& graph, const std::vector<ValueId>& replacement) {
  const auto replace = [&](ValueId& value) {
    // A replacement may itself have been replaced.
    while (static_cast<size_t>(value) < replacement.size() && replacement[static_cast<size_t>(value)] != ir::kNoValue) {
      value = replacement[static_cast<size_t>(value)];
    }
  };
  for (Node& node : graph.nodes) std::for_each(node.inputs.begin(), node.inputs.end(), replace);
  for (ir::Update& update : graph.updates) replace(update.value);
  for (ir::Output& output : graph.outputs) replace(output.value);
}

void RemoveNodes(Graph& graph, const std::vector<bool>& marked) {
  std::vector<Node> kept;
  for (size_t position = 0; position < graph.nodes.size(); ++position) {
    if (!marked[position]) kept.push_back(std::move(graph.nodes[position]));
  }
  graph.nodes = std::move(kept);
}

void Rename(Graph& graph, ValueId value, const std::string& name) {
  if (graph.value(value).name == name) return;
  // A new value takes the old name, and no node defines it, so that the graph's own record of names stays correct.
  const ValueId spare = graph.AddValue(name, graph.type(value));
  std::swap(graph.values[static_cast<size_t>(spare)].name, graph.values[static_cast<size_t>(value)].name);
}

ValueId FindOrAddInput(Graph& graph, ir::Source source, absl::string_view name, ir::Type type, double initial) {
  const bool named = source == ir::Source::kScalar || source == ir::Source::kLabel;
  for (const ir::Input& input : graph.inputs) {
    if (input.source != source || graph.type(input.value) != type) continue;
    if (!named || absl::string_view(graph.value(input.value).name) == name) return input.value;
  }
  const ValueId value = graph.AddValue(name, std::move(type));
  graph.inputs.push_back({value, source, initial});
  return value;
}

void AddLocations(const std::vector<ir::Location>& locations, Node& node) {
  constexpr size_t kMost = 64;  // more would not help a reader
  static_assert(kMost <= ir::kMaxList);
  for (const ir::Location& location : locations) {
    if (node.locations.size() >= kMost) return;
    if (std::find(node.locations.begin(), node.locations.end(), location) == node.locations.end())
      node.locations.push_back(location);
  }
}

absl::Status ErrorAt(const std::vector<ir::Location>& locations, absl::string_view name, absl::string_view sentence) {
  return absl::InvalidArgumentError(
      absl::StrCat(ir::PlaceOf(locations.empty() ? nullptr : &locations[0], name), ": ", sentence));
}

}  // namespace brine::passes
