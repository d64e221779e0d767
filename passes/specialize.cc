#include "passes/specialize.h"

#include <utility>

#include "ir/op.h"
#include "passes/rewriter.h"

namespace brine::passes {
namespace {

using ir::Graph;

bool ReplaceByOperands(Graph& graph) {
  const bool trains = graph.function == ir::Function::kTrain;
  return Rewrite(graph, [&](Rewriter& rewriter) {
    const int operand = trains ? rewriter.node().op->in_training : rewriter.node().op->outside_training;
    if (operand < 0) return;
    const ir::ValueId result = rewriter.node().outputs[0];
    rewriter.Replace(result, rewriter.node().inputs[static_cast<size_t>(operand)]);
    rewriter.EraseUnread(result);
  });
}

bool DropUpdates(Graph& graph) { return !std::exchange(graph.updates, {}).empty(); }

bool DropTraining(Graph& graph) {
  const bool changed = ir::IsCompiled(graph.training);
  graph.training = {};
  return changed;
}

}  // namespace

absl::StatusOr<bool> Specialize(Graph& graph) {
  bool changed = ReplaceByOperands(graph);
  if (graph.function != ir::Function::kTrain) changed |= DropUpdates(graph);
  if (graph.function == ir::Function::kPredict) changed |= DropTraining(graph);
  return changed;
}

}  // namespace brine::passes
