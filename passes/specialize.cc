#include "passes/specialize.h"

#include <utility>

#include "ir/op.h"
#include "ir/text/line.h"
#include "passes/edit.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;

bool ReplaceByOperands(Graph& graph) {
  const bool trains = graph.function == ir::Function::kTrain;
  std::vector<ValueId> replacement(graph.values.size(), ir::kNoValue);
  std::vector<bool> replaced(graph.nodes.size(), false);
  bool changed = false;
  for (size_t position = 0; position < graph.nodes.size(); ++position) {
    const Node& node = graph.nodes[position];
    const int operand = trains ? node.op->in_training : node.op->outside_training;
    if (operand < 0) continue;
    replacement[Index(node.outputs[0])] = node.inputs[static_cast<size_t>(operand)];
    replaced[position] = changed = true;
  }
  ReplaceReads(graph, replacement);
  RemoveNodes(graph, replaced);
  return changed;
}

bool DropUpdates(Graph& graph) { return !std::exchange(graph.updates, {}).empty(); }

bool ForgetTraining(Graph& graph) {
  const bool changed = ir::IsCompiled(graph.training);
  graph.training = {};
  return changed;
}

}  // namespace

absl::StatusOr<bool> Specialize(Graph& graph) {
  bool changed = ReplaceByOperands(graph);
  if (graph.function != ir::Function::kTrain) changed |= DropUpdates(graph);
  if (graph.function == ir::Function::kPredict) changed |= ForgetTraining(graph);
  return changed;
}

}  // namespace brine::passes
