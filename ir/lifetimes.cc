#include "ir/lifetimes.h"

#include <algorithm>

#include "ir/op.h"

namespace brine::ir {

std::vector<Lifetime> FindLifetimes(const Graph& graph) {
  std::vector<Lifetime> lifetimes(graph.values.size());
  const auto lifetime = [&](ValueId value) -> Lifetime& { return lifetimes[Index(value)]; };
  const auto define = [&](ValueId value, NodeId moment, ValueId root) {
    lifetime(value) = {true, moment, moment, root};
  };
  const auto read = [&](ValueId value, NodeId moment) {
    lifetime(value).last = std::max(lifetime(value).last, moment);
    if (lifetime(value).root != kNoValue)
      lifetime(lifetime(value).root).last = std::max(lifetime(lifetime(value).root).last, moment);
  };

  for (const Input& input : graph.inputs) define(input.value, kBeforeStep, input.value);
  for (const State& state : graph.states) define(state.value, kBeforeStep, state.value);
  for (NodeId moment : graph.node_ids()) {
    const Node& node = graph.node(moment);
    for (ValueId input : node.inputs) read(input, moment);
    const bool view =
        !node.is_kernel() && node.op->is_view() && !node.inputs.empty() && lifetime(node.inputs[0]).exists;
    for (ValueId output : node.outputs) define(output, moment, view ? lifetime(node.inputs[0]).root : output);
  }
  const NodeId end = IdAt<NodeId>(graph.nodes.size());
  for (const Update& update : graph.updates) read(update.value, end);
  for (const Output& output : graph.outputs) read(output.value, end);
  return lifetimes;
}

}  // namespace brine::ir
