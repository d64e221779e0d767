// Joins the updates of all parameters that are contiguous in memory into one kernel.
#ifndef BRINE_CODEGEN_DRIVER_JOIN_UPDATES_H_
#define BRINE_CODEGEN_DRIVER_JOIN_UPDATES_H_

#include "ir/graph.h"

namespace brine::codegen {

// Whether a kernel of a planned graph overwrites states.
bool WritesStates(const ir::Graph& planned, const ir::Node& kernel);

// The graph with joined updates.  Parameters, gradients and slots are planned in the same order.  So if the same op
// updates several contiguous tensors with the same scalars, each operand is one range of memory:
//   kernel(p1, g1, p2, g2) = { sgd(p1, g1, rate), sgd(p2, g2, rate) }   ⟹   sgd(p1…p2, g1…g2, rate)
// The elementwise nodes around the updates, such as those of a weight's decay, are joined with them if they are alike.
//
// The ranges are vectors.  They include the bytes between two tensors: an update is elementwise, and nothing reads its
// results there.  A kernel stays as it is if it contains more than such updates, and tensors are joined only
// if they are contiguous in every operand.
//
// The new kernels take the position of the last old one.  They overwrite the states in place, so the entries of these
// states are removed from the graph's updates, and so are the places of the values that were written one by one.
ir::Graph JoinUpdates(const ir::Graph& planned);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_JOIN_UPDATES_H_
