// What makes it possible that a kernel writes new states over the old ones.
#ifndef BRINE_PASSES_STATE_UPDATES_H_
#define BRINE_PASSES_STATE_UPDATES_H_

#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

// By position: the node makes the new content of a state.
std::vector<bool> FindSteps(const ir::Graph& graph, const Uses& uses);

// Makes every such node one that may run last and write over the state.
//
//   s' = v          ⟹   s' = broadcast(v)               unless v is what an op of kind update makes of s itself, all
//                                                       the op's results are such, and nobody else reads them
//   s' = f(…, t, …) ⟹   s' = f(…, broadcast(t), …)      t: a state that the step overwrites, but for s in its own place
//   f(p, g, …)      ⟹   f(p, broadcast(g), …)           g: a state or an input; gradients have bytes of their own,
//   which
//                                                       the runtime tests
//   output = t      ⟹   output = broadcast(t)           t: a state or an input
//
// Each also where t or g is a view.
void SeparateStates(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_STATE_UPDATES_H_
