// Copies values so that a kernel may overwrite states in place.
#ifndef BRINE_PASSES_STATE_UPDATES_H_
#define BRINE_PASSES_STATE_UPDATES_H_

#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

// For each node of the graph, the node whose kernel overwrites states and computes this one, or Uses::kNone.
//
// Copies into states have kernels of their own.  A node of kind update is computed together with the elementwise nodes
// around it, if all of these have the type of the parameter and read, besides values of this type, only scalars:
//   – those that follow from its results, such as the decay of a weight or its moving average; they may need other
//     nodes that read states only;
//   – if nothing else reads what they make, and each state that is an operand of the update is overwritten by the
//   update
//     or by what follows from it.
// Then each element of a state is read and overwritten by the computation of this element, so that the kernel may
// overwrite all of the states in place.
std::vector<ir::NodeId> FindUpdates(const ir::Graph& graph, const Uses& uses);

// Changes the graph so that the nodes of FindUpdates may run last and write their results to the bytes of the states.
// A copy is a node broadcast(x) to the shape of x.  The equations below hold as well if t or g is a view of such a
// value.
//
//   update s = v         ⟹   update s = broadcast(v)
//       unless FindUpdates says that the node that makes v belongs to an update
//   v = f(…, t, …)       ⟹   v = f(…, broadcast(t), …)
//       where f belongs to an update, and t is a state that another update overwrites.  The copy is made before any
//       state is overwritten
//   v = update(p, g, …)  ⟹   v = update(p, broadcast(g), …)
//       where g is a state or an input, since the runtime tests gradients for NaN in a block of their own
//   output = t           ⟹   output = broadcast(t)
//       where t is a state or an input, which a later kernel or the host may overwrite
void SeparateStates(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_STATE_UPDATES_H_
