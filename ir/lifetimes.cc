#include "ir/lifetimes.h"

#include <algorithm>

#include "ir/op.h"

namespace brine::ir {

std::vector<Lifetime> FindLifetimes(const Graph& graph) {
  std::vector<Lifetime> lifetimes(graph.values.size());
  const auto at = [&](ValueId value) -> Lifetime& { return lifetimes[Index(value)]; };
  const auto define = [&](ValueId value, NodeId moment, ValueId root) { at(value) = {true, moment, moment, root}; };
  const auto read = [&](ValueId value, NodeId moment) {
    at(value).last = std::max(at(value).last, moment);
    if (at(value).root != kNoValue) at(at(value).root).last = std::max(at(at(value).root).last, moment);
  };

  for (const Input& input : graph.inputs) define(input.value, kBeforeStep, input.value);
  for (const State& state : graph.states) define(state.value, kBeforeStep, state.value);
  for (NodeId moment : graph.node_ids()) {
    const Node& node = graph.node(moment);
    for (ValueId input : node.inputs) read(input, moment);
    const bool view = !node.is_kernel() && node.op->is_view() && !node.inputs.empty() && at(node.inputs[0]).exists;
    for (ValueId output : node.outputs) define(output, moment, view ? at(node.inputs[0]).root : output);
  }
  const NodeId end = IdAt<NodeId>(graph.nodes.size());
  for (const Update& update : graph.updates) read(update.value, end);
  for (const Output& output : graph.outputs) read(output.value, end);
  return lifetimes;
}

}  // namespace brine::ir
