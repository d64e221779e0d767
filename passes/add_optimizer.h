// AddOptimizer: adds the optimizer's update of every parameter, with the slots and inputs that it needs.
//
//   p', slots' = op(p, g, slots…, operands…)
//
// The op, the slots and the operands are those of the optimizer's rule (ir/optimizers.h).  The operands are inputs that
// the host fills: scalars, and expressions over scalars.  The slots "optimizer/<slot>/<parameter>" begin at 0.  The
// states of one kind of slot are contiguous in Graph::states, in the order of the parameters, so that they are so in
// memory.  The outputs "<parameter>.grad" are removed.
// Declines: a graph that does not train, or that has no arguments of Compile().
// Errors: an unknown optimizer; a parameter without a gradient.
// Runs after autodiff.
#ifndef BRINE_PASSES_ADD_OPTIMIZER_H_
#define BRINE_PASSES_ADD_OPTIMIZER_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> AddOptimizer(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ADD_OPTIMIZER_H_
