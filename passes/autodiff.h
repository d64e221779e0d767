// Autodiff: adds the gradient of the output "loss" with respect to every parameter, as outputs named
// "<parameter>.grad".
//
//   y = f(x, …), dy = Σ of what y's readers contribute   ⟹   dx by f's own rule (ir/ops), visited from the loss
//   backwards
//
// Only what lies between a parameter and the loss gets a gradient: none goes to frozen weights and statistics.
// Values are named "<value>.grad".
// Errors, all of them at once: an op on the way that has no gradient; a parameter that the loss does not depend on.
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
