#include "passes/specialize.h"

#include <algorithm>
#include <map>
#include <utility>

#include "ir/op.h"
#include "ir/optimizers.h"
#include "ir/training.h"
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

bool AveragesParameters(const ir::Training& training) {
  const ir::Optimizer* const optimizer = ir::FindOptimizer(training.optimizer);
  return optimizer != nullptr && std::get<bool>(ir::ArgumentOf(*optimizer, training.optimizer_arguments, "use_ema"));
}

// Adds the averages as the first states that are no states of the model, so that they have the same places in all
// functions.
bool AddAverages(Graph& graph) {
  if (!AveragesParameters(graph.training)) return false;
  bool changed = false;
  std::map<ir::ValueId, ir::ValueId> average_of;
  for (const ir::State& state : std::vector<ir::State>(graph.states)) {
    if (state.role != ir::Role::kParameter) continue;
    const std::string name = ir::AverageName(graph.value(state.value).name);
    ir::ValueId& average = average_of[state.value] = graph.FindValue(name);
    if (average != ir::kNoValue) continue;
    average = graph.AddValue(name, graph.type(state.value));
    graph.states.push_back({average, ir::Role::kAverage, state.initializer, state.location});
    changed = true;
  }
  const auto read_average = [&](ir::ValueId& value) {
    const auto average = average_of.find(value);
    if (average == average_of.end()) return;
    value = average->second;
    changed = true;
  };
  if (graph.function != ir::Function::kTrain) {
    for (ir::Node& node : graph.nodes) std::for_each(node.inputs.begin(), node.inputs.end(), read_average);
    std::for_each(graph.penalties.begin(), graph.penalties.end(), read_average);
    for (ir::Output& output : graph.outputs) read_average(output.value);
  }
  return changed;
}

bool DropUpdates(Graph& graph) { return !std::exchange(graph.updates, {}).empty(); }

bool DropTraining(Graph& graph) {
  const bool changed = ir::IsCompiled(graph.training) || !graph.penalties.empty();
  graph.training = {};
  graph.penalties.clear();
  return changed;
}

}  // namespace

absl::StatusOr<bool> Specialize(Graph& graph) {
  bool changed = ReplaceByOperands(graph);
  changed |= AddAverages(graph);
  if (graph.function != ir::Function::kTrain) changed |= DropUpdates(graph);
  if (graph.function == ir::Function::kPredict) changed |= DropTraining(graph);
  return changed;
}

}  // namespace brine::passes
