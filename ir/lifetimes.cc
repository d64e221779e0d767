#include "ir/lifetimes.h"

#include <algorithm>

#include "ir/op.h"

namespace brine::ir {

std::vector<Lifetime> FindLifetimes(const Graph& graph) {
  std::vector<Lifetime> lifetimes(graph.values.size());
  const auto lifetime = [&](ValueId value) -> Lifetime& { return lifetimes[Index(value)]; };
  const auto define = [&](ValueId value, NodeId moment, ValueId storage) {
    lifetime(value) = {.exists = true, .first = moment, .last = moment, .storage = storage};
  };
  const auto read = [&](ValueId value, NodeId moment) {
    lifetime(value).last = std::max(lifetime(value).last, moment);
    if (lifetime(value).storage != kNoValue)
      lifetime(lifetime(value).storage).last = std::max(lifetime(lifetime(value).storage).last, moment);
  };

  for (const Input& input : graph.inputs) define(input.value, kBeforeStep, input.value);
  for (const State& state : graph.states) define(state.value, kBeforeStep, state.value);
  for (NodeId moment : graph.node_ids()) {
    const Node& node = graph.node(moment);
    for (ValueId input : node.inputs) read(input, moment);
    const bool is_view =
        !node.is_kernel() && node.op->is_view() && !node.inputs.empty() && lifetime(node.inputs[0]).exists;
    for (ValueId output : node.outputs) define(output, moment, is_view ? lifetime(node.inputs[0]).storage : output);
  }
  const NodeId end = IdAt<NodeId>(graph.nodes.size());
  for (const Update& update : graph.updates) read(update.value, end);
  for (const Output& output : graph.outputs) read(output.value, end);
  return lifetimes;
}

}  // namespace brine::ir
