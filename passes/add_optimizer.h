// AddOptimizer: adds the optimizer's update of every parameter, with its slots and inputs.
//
//   p', slots' = op(p, g, slots…, operands…)
//
// The op, the slots and the operands are those of the optimizer's rule (ir/optimizers.h).  Operands are inputs that the
// host fills: scalars, and expressions over them.  The slots "optimizer/<slot>/<parameter>" begin at 0; those of one
// kind are contiguous, in the order of the parameters.  The outputs "<parameter>.grad" are removed.
// Declines: a graph without an optimizer's arguments.
// Error: a parameter without gradient.
// Runs after autodiff.
#ifndef BRINE_PASSES_ADD_OPTIMIZER_H_
#define BRINE_PASSES_ADD_OPTIMIZER_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> AddOptimizer(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ADD_OPTIMIZER_H_
