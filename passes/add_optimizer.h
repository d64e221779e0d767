// AddOptimizer: adds the optimizer's update of every parameter, with the slots and inputs that it needs.
//
//   p', slots' = op(p, g, slots…, operands…)
//
// The op, the slots and the operands are those of the optimizer's rule (ir/optimizers.h).  The operands are inputs that
// the host fills: scalars, and expressions over scalars.  If the model has an input learning_rate from an expression, a
// schedule, it is the learning rate.  The states of one kind of slot are contiguous in Graph::states, in the order of
// the parameters, so that they are so in memory.  The outputs "<parameter>.grad" are removed.
//
// Gradients, and the new content of the states that the model itself updates, end the work on a shard of the batch:
//   g ⟹ mean_over_shards(g)
//
// The arguments that all optimizers share become nodes around the op; one that is not used adds none:
//   clipvalue, clipnorm,        g ⟹ g·limit / max(size, limit), where size is |g| of each element, the norm of the
//   global_clipnorm:            parameter's gradient, or that of all gradients.  Norms need finite squares
//   weight_decay:               p' ⟹ p' − p·(weight_decay·learning_rate), except of excluded parameters.  The product
//                               comes from the host: as a float, 1 − weight_decay·learning_rate has few of its digits
//   use_ema:                    average' = average + (1 − ema_momentum)·(p' − average), and p' after the first step
//   learning_rate_multipliers:  the rates of a layer's parameters are computed by the host from its own learning rate,
//                               which also is that of its decay
// The nodes that follow the op are computed in its kernel (state_updates.h).
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
