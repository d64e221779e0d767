#include "passes/dce.h"

#include <algorithm>

#include "passes/edit.h"
#include "passes/rewriter.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Source;
using ir::ValueId;

bool RemoveDeadNodes(Graph& graph) {
  return Rewrite(graph, [](Rewriter& rewriter) { rewriter.EraseUnread(rewriter.node().outputs[0]); });
}

bool RemoveUnreadInputs(Graph& graph) {
  const Uses uses = FindUses(graph);
  // By value: whether an expression that is read reads it.  Expressions read earlier inputs only.
  std::vector<bool> is_read_by_host(graph.values.size(), false);
  for (auto input = graph.inputs.rbegin(); input != graph.inputs.rend(); ++input) {
    if (uses.Unread(input->value) && !is_read_by_host[Index(input->value)]) continue;
    for (const ir::Term& term : input->expression) {
      if (term.kind == ir::TermKind::kScalar) is_read_by_host[Index(term.scalar)] = true;
    }
  }
  const auto stays = [&](const ir::Input& input) {
    return input.source == Source::kData || input.source == Source::kLabel || !uses.Unread(input.value) ||
           is_read_by_host[Index(input.value)];
  };
  const size_t before = graph.inputs.size();
  graph.inputs.erase(std::stable_partition(graph.inputs.begin(), graph.inputs.end(), stays), graph.inputs.end());
  return graph.inputs.size() != before;
}

// Removes the values that nothing defines any more, and renumbers the others.  This does not change the text of the
// graph.
void RemoveUndefinedValues(Graph& graph) {
  std::vector<ValueId> new_id(graph.values.size(), ir::kNoValue);
  std::vector<ir::Value> kept;
  const auto keep = [&](ValueId& value) {
    ValueId& renumbered = new_id[Index(value)];
    if (renumbered == ir::kNoValue) {
      renumbered = ir::IdAt<ValueId>(kept.size());
      kept.push_back(std::move(graph.value(value)));
    }
    value = renumbered;
  };
  for (ir::Input& input : graph.inputs) {
    keep(input.value);
    for (ir::Term& term : input.expression) {
      if (term.kind == ir::TermKind::kScalar) keep(term.scalar);
    }
  }
  for (ir::State& state : graph.states) {
    keep(state.value);
    if (state.initializer.is_of_data()) keep(state.initializer.data);
  }
  for (Node& node : graph.nodes) {
    std::for_each(node.inputs.begin(), node.inputs.end(), keep);
    std::for_each(node.outputs.begin(), node.outputs.end(), keep);
  }
  for (ir::Update& update : graph.updates) keep(update.state), keep(update.value);
  std::for_each(graph.penalties.begin(), graph.penalties.end(), keep);
  for (ir::Output& output : graph.outputs) keep(output.value);
  graph.values = std::move(kept);
}

}  // namespace

absl::StatusOr<bool> Dce(Graph& graph) {
  const bool removed_nodes = RemoveDeadNodes(graph);
  const bool removed_inputs = RemoveUnreadInputs(graph);
  RemoveUndefinedValues(graph);
  return removed_nodes || removed_inputs;
}

}  // namespace brine::passes
