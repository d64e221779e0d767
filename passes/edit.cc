#include "passes/edit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ir/limits.h"

namespace brine::passes {

using ir::Graph;
using ir::Node;
using ir::ValueId;

Uses FindUses(const Graph& graph) {
  Uses uses;
  uses.producer.assign(graph.values.size(), Uses::kNone);
  uses.readers.resize(graph.values.size());
  uses.is_graph_result.assign(graph.values.size(), false);
  for (ir::NodeId position : graph.node_ids()) {
    const Node& node = graph.node(position);
    for (ValueId input : node.inputs) uses.readers[Index(input)].push_back(position);
    for (ValueId output : node.outputs) uses.producer[Index(output)] = position;
  }
  for (const ir::Update& update : graph.updates) uses.is_graph_result[Index(update.value)] = true;
  for (ValueId penalty : graph.penalties) uses.is_graph_result[Index(penalty)] = true;
  for (const ir::Output& output : graph.outputs) uses.is_graph_result[Index(output.value)] = true;
  return uses;
}

void Rename(Graph& graph, ValueId value, const std::string& name) {
  if (graph.value(value).name == name) return;
  // AddValue finds a free name for a spare value, which nothing defines, and the two values exchange their names.  So
  // the set of names in the graph stays correct.
  const ValueId spare = graph.AddValue(name, graph.type(value));
  std::swap(graph.value(spare).name, graph.value(value).name);
}

ValueId FindOrAddInput(Graph& graph, ir::Source source, absl::string_view name, ir::Type type, double initial) {
  const bool is_named = source == ir::Source::kScalar || source == ir::Source::kLabel || source == ir::Source::kWeight;
  for (const ir::Input& input : graph.inputs) {
    if (input.source != source || graph.type(input.value) != type) continue;
    if (!is_named || absl::string_view(graph.value(input.value).name) == name) return input.value;
  }
  const ValueId value = graph.AddValue(name, std::move(type));
  graph.inputs.push_back({value, source, initial});
  return value;
}

void AddLocations(const std::vector<ir::Location>& locations, Node& node) {
  constexpr size_t kMax = 64;  // messages and reports show the first few only
  static_assert(kMax <= ir::kMaxList);
  for (const ir::Location& location : locations) {
    if (node.locations.size() >= kMax) return;
    if (std::find(node.locations.begin(), node.locations.end(), location) == node.locations.end())
      node.locations.push_back(location);
  }
}

absl::Status ErrorAt(const std::vector<ir::Location>& locations, absl::string_view name, absl::string_view sentence) {
  return absl::InvalidArgumentError(
      absl::StrCat(ir::PlaceOf(locations.empty() ? nullptr : &locations[0], name), ": ", sentence));
}

}  // namespace brine::passes
