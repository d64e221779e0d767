#include "ir/lifetimes.h"

#include <algorithm>

#include "ir/op.h"

namespace brine::ir {

std::vector<Lifetime> FindLifetimes(const Graph& graph) {
  std::vector<Lifetime> lifetimes(graph.values.size());
  const auto at = [&](ValueId value) -> Lifetime& { return lifetimes[static_cast<size_t>(value)]; };
  const auto define = [&](ValueId value, int moment, ValueId root) { at(value) = {true, moment, moment, root}; };
  const auto read = [&](ValueId value, int moment) {
    at(value).last = std::max(at(value).last, moment);
    if (at(value).root != kNoValue) at(at(value).root).last = std::max(at(at(value).root).last, moment);
  };

  for (const Input& input : graph.inputs) define(input.value, kBeforeStep, input.value);
  for (const State& state : graph.states) define(state.value, kBeforeStep, state.value);
  const int end = static_cast<int>(graph.nodes.size());
  for (int moment = 0; moment < end; ++moment) {
    const Node& node = graph.nodes[static_cast<size_t>(moment)];
    for (ValueId input : node.inputs) read(input, moment);
    const bool view = !node.is_kernel() && node.op->is_view() && !node.inputs.empty() && at(node.inputs[0]).exists;
    for (ValueId output : node.outputs) define(output, moment, view ? at(node.inputs[0]).root : output);
  }
  for (const Update& update : graph.updates) read(update.value, end);
  for (const Output& output : graph.outputs) read(output.value, end);
  return lifetimes;
}

}  // namespace brine::ir
