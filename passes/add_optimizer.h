// AddOptimizer: every gradient becomes a step of the optimizer that Compile() was given, with its slots, inputs and
// updates.
//
//   p', slots' = op(p, g, slots…, operands…)
//
// Op, slots and operands are those of the optimizer's rule (ir/optimizers.h).  Operands are inputs that the host fills:
// scalars, and expressions over them.  Slots "optimizer/<slot>/<parameter>" begin at 0; those of one kind lie together,
// in the order of the parameters.  The outputs "<parameter>.grad"
// go. Declines: a graph without an optimizer's arguments.  Error: a parameter without gradient. Runs after autodiff.
#ifndef BRINE_PASSES_ADD_OPTIMIZER_H_
#define BRINE_PASSES_ADD_OPTIMIZER_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> AddOptimizer(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ADD_OPTIMIZER_H_
