// Autodiff: adds the gradient of the output "loss" with respect to every parameter, as outputs named
// "<parameter>.grad".
//
//   y = f(x, …), dy = Σ of the contributions of y's readers   ⟹   dx by f's own rule (ir/ops), from the loss backwards
//
// Only values between a parameter and the loss get a gradient; frozen weights and statistics get none.
// Values are named "<value>.grad".
// Errors, all of them at once: an op between them that has no gradient; a parameter on which the loss does not depend.
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
