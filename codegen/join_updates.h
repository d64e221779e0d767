// One kernel for the updates of all parameters that lie behind each other in memory.
#ifndef BRINE_CODEGEN_JOIN_UPDATES_H_
#define BRINE_CODEGEN_JOIN_UPDATES_H_

#include "ir/graph.h"

namespace brine::codegen {

// Whether a kernel of a planned graph writes over states.
bool WritesStates(const ir::Graph& planned, const ir::Node& kernel);

// Parameters, gradients and slots are planned in one order, so where tensor after tensor is updated by the same op with
// the same scalars, each operand is one range of memory:
//   kernel(p1, g1, p2, g2) = { sgd(p1, g1, rate), sgd(p2, g2, rate) }   ⟹   sgd(p1…p2, g1…g2, rate)
//
// The ranges are vectors, with the bytes that lie between two tensors: an update goes element by element, and nobody
// reads what it makes of those.  Declines: kernels with more in them than updates of parameters, and tensors that are
// not neighbours in each operand.  The new kernels stand where the last of the old ones stood.  They write over the
// states, whose entries among the graph's updates are gone with the values that were written one by one.
ir::Graph JoinUpdates(const ir::Graph& planned);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_JOIN_UPDATES_H_
