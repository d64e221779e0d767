// Checks what the optimizer of Compile() has besides its own arguments, and stores it in the graph.
#ifndef BRINE_FRONTEND_OPTIMIZER_H_
#define BRINE_FRONTEND_OPTIMIZER_H_

#include "frontend/layers/layer_builder.h"

namespace brine::internal {

// Adds the schedule as an input learning_rate of the graph, which takes the place of one that the graph may have from a
// file, and sets the multipliers and exclusions of graph.training.  graph.training.optimizer_arguments must be set.
// Whether layers have parameters is checked only if `is_complete`, that is if all layers could be lowered.
void AddOptimizerOptions(const Optimizer& optimizer, const Place& place, bool is_complete, Mistakes& mistakes,
                         ir::Graph& graph);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_OPTIMIZER_H_
