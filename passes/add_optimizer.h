// AddOptimizer: every gradient becomes a step of the optimizer that Compile() was given, with its slots, inputs and
// updates.
//
//   sgd        p' = p − rate·g
//   momentum   v' = momentum·v − rate·g; p' = p + v'          (sgd with a momentum other than 0)
//   adam       p', m', v' = adam(p, g, m, v)                  (ir/ops/adam.cc)
//
// Rates are inputs that the host fills.  Slots "optimizer/momentum/<parameter>", then, of Adam,
// "optimizer/velocity/<parameter>", lie in the order of the parameters and begin at 0.  The outputs "<parameter>.grad"
// go. Declines: a graph without an optimizer's arguments.  Error: a parameter without gradient. Runs after autodiff.
#ifndef BRINE_PASSES_ADD_OPTIMIZER_H_
#define BRINE_PASSES_ADD_OPTIMIZER_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> AddOptimizer(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ADD_OPTIMIZER_H_
