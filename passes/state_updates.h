// Transformations that make it safe for a kernel to overwrite states.
#ifndef BRINE_PASSES_STATE_UPDATES_H_
#define BRINE_PASSES_STATE_UPDATES_H_

#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

// By node: whether the node makes the new content of a state.
std::vector<bool> FindUpdates(const ir::Graph& graph, const Uses& uses);

// Changes every such node so that it may run last and overwrite the state.
//
//   s' = v          ⟹   s' = broadcast(v)               unless an op of kind update makes v from s itself, all results
//                                                       of the op are such, and nothing else reads them
//   s' = f(…, t, …) ⟹   s' = f(…, broadcast(t), …)      t: a state that the step overwrites, except s as the operand
//                                                       that s' replaces
//   f(p, g, …)      ⟹   f(p, broadcast(g), …)           g: a state or an input; the runtime tests gradients, so they
//                                                       need bytes of their own
//   output = t      ⟹   output = broadcast(t)           t: a state or an input
//
// All of them also if t or g is a view.
void SeparateStates(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_STATE_UPDATES_H_
