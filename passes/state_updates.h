// What makes it possible that an optimizer's kernel writes new states over the old ones.
#ifndef BRINE_PASSES_STATE_UPDATES_H_
#define BRINE_PASSES_STATE_UPDATES_H_

#include <vector>

#include "absl/status/status.h"
#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

// By position: the node is a step, an op of an optimizer whose results are the new contents of states.
std::vector<bool> FindSteps(const ir::Graph& graph, const Uses& uses);

// Errors: an update whose value is no result of an optimizer's op on that very state, and a new state that a node of
// the same step reads.
absl::Status CheckUpdates(const ir::Graph& graph);

// What leaves the step, and gradients, get bytes of their own: where one is a state, an input or a view of one, it is
// copied.
//   g = p   ⟹   g = broadcast(p)
void SeparateStates(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_STATE_UPDATES_H_
