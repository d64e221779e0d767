#include "passes/cse.h"

#include <map>
#include <tuple>

#include "ir/op.h"
#include "passes/edit.h"

namespace brine::passes {

using ir::Node;
using ir::ValueId;

absl::StatusOr<bool> Cse(ir::Graph& graph) {
  // Attributes are compared as their text: it is exact, and ordered.
  using Key = std::tuple<const ir::Op*, std::vector<ValueId>, std::string>;
  std::map<Key, size_t> known;  // positions
  std::vector<ValueId> replacement(graph.values.size(), ir::kNoValue);
  std::vector<bool> merged(graph.nodes.size(), false);
  bool changed = false;
  for (size_t position = 0; position < graph.nodes.size(); ++position) {
    Node& node = graph.nodes[position];
    for (ValueId& input : node.inputs) {
      if (replacement[static_cast<size_t>(input)] != ir::kNoValue) input = replacement[static_cast<size_t>(input)];
    }
    std::string attributes;
    for (const ir::AttributeSpec& spec : node.op->attributes) {
      for (const auto& [name, value] : node.attributes) {
        if (name == spec.name) attributes += ir::ToString(spec.kind, value) + ";";
      }
    }
    const auto [it, is_new] = known.insert({Key(node.op, node.inputs, attributes), position});
    if (is_new) continue;
    Node& first = graph.nodes[it->second];
    for (size_t index = 0; index < node.outputs.size(); ++index)
      replacement[static_cast<size_t>(node.outputs[index])] = first.outputs[index];
    AddLocations(node.locations, first);
    merged[position] = true;
    changed = true;
  }
  ReplaceReads(graph, replacement);
  RemoveNodes(graph, merged);
  return changed;
}

}  // namespace brine::passes
