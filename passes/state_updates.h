// Copies values so that a kernel may overwrite states in place.
#ifndef BRINE_PASSES_STATE_UPDATES_H_
#define BRINE_PASSES_STATE_UPDATES_H_

#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

// For each node of the graph, whether a result of it is the new content of a state.
std::vector<bool> FindUpdates(const ir::Graph& graph, const Uses& uses);

// Changes the graph so that the nodes of FindUpdates may run last and write their results to the bytes of the states.
// A copy is a node broadcast(x) to the shape of x.  The equations below hold as well if t or g is a view of such a
// value.
//
//   update s = v         ⟹   update s = broadcast(v)
//       unless an op of kind update makes v from s, each of its results is the new content of the state that it
//       replaces, and nothing else reads these results
//   v = f(…, t, …)       ⟹   v = f(…, broadcast(t), …)
//       where v is the new content of a state s, and t is a state that the step overwrites, except s as the operand
//       that v replaces.  The copy is made before any state is overwritten
//   v = update(p, g, …)  ⟹   v = update(p, broadcast(g), …)
//       where g is a state or an input, since the runtime tests gradients for NaN in a block of their own
//   output = t           ⟹   output = broadcast(t)
//       where t is a state or an input, which a later kernel or the host may overwrite
void SeparateStates(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_STATE_UPDATES_H_
