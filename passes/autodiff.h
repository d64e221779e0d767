// Autodiff: adds the gradient of the output "loss" with respect to every parameter, as outputs named
// "<parameter>.grad".
//
//   y = f(x, …)   ⟹   dy = Σ over the readers of y of what their rules contribute, then dx by the rule of f (ir/ops)
//
// The nodes are visited from the loss backwards.  Only values that depend on a parameter and on which the loss depends
// get a gradient, which is named "<value>.grad".  Frozen weights and statistics get none.
// Errors, all of them at once: an op without a gradient between a parameter and the loss; a parameter on which the loss
// does not depend.
// Declines: functions other than train; a graph that has gradients already, or updates of parameters.
// Runs after add-loss, which makes the loss, and after canonicalize, which decides what the gradients will read.
#ifndef BRINE_PASSES_AUTODIFF_H_
#define BRINE_PASSES_AUTODIFF_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Autodiff(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_AUTODIFF_H_
