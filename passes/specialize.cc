#include "passes/specialize.h"

#include <utility>

#include "ir/op.h"
#include "passes/rewriter.h"

namespace brine::passes {
namespace {

using ir::Graph;

bool ReplaceByOperands(Graph& graph) {
  const bool trains = graph.function == ir::Function::kTrain;
  return Rewrite(graph, [&](Rewriter& at) {
    const int operand = trains ? at.node().op->in_training : at.node().op->outside_training;
    if (operand < 0) return;
    const ir::ValueId result = at.node().outputs[0];
    at.Replace(result, at.node().inputs[static_cast<size_t>(operand)]);
    at.EraseUnread(result);
  });
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
