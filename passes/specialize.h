// Specialize: reduces the graph of a model to what its function, train, evaluate or predict, computes.
//
//   y = f(x, …)              ⟹   y = operand   the operand that f's trait in_training or outside_training names
//   (ir/op.h):
//     dropout(x, …)                             x outside training; the same holds for augmentation
//     in_train_phase(x, alt)                    x in training, alt in evaluation and prediction
//   y = f(parameter, …)      ⟹   y = f(average, …)   outside training, if the optimizer averages parameters (use_ema);
//                                 the states *average* are added in all functions, since they begin like the parameters
//   update s = v             ⟹   removed       outside training, since only a training step changes states
//   arguments of Compile()   ⟹   removed       in prediction, whose outputs are those of the model
//   penalties                ⟹   removed       in prediction, which has no loss
//
// So the graph of a model has both computations of a layer that differs in training, and this pass chooses one.  For
// example, batch normalization has one that normalizes by the moments of the batch, which training uses, and one that
// normalizes by the moving moments, which evaluation and prediction use.  Operands that only a replaced node read are
// erased with the node.  Nodes that only removed updates or penalties read are left to dce.
// Runs first, so that loss, gradients and updates are those of the remaining graph.
#ifndef BRINE_PASSES_SPECIALIZE_H_
#define BRINE_PASSES_SPECIALIZE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Specialize(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_SPECIALIZE_H_
