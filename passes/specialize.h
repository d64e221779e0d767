// Specialize: reduces the graph to what its function does: train, evaluate or predict.
//
//   y = f(x, …) ⟹ y = operand           the one that f's traits name (ir/op.h) for this kind of function:
//     dropout(x, …)                       x outside training; the same of augmentation
//     in_train_phase(x, alt)              x in training, alt in evaluation and prediction
//   update s = v ⟹                       outside training: only a training step writes states
//   arguments of Compile() ⟹            in prediction: the outputs are the model's
//
// So a layer that differs in training contains both computations and chooses one.  Batch normalization, in training,
// normalizes by the moments of the batch and updates its moving moments; elsewhere it reads the moving ones.  If it is
// frozen, it contains the second computation only.  Operands that only a replaced node read are erased with it; what
// only updates read is left to dce.
// Runs first: loss, gradients and updates are those of the remaining graph.
#ifndef BRINE_PASSES_SPECIALIZE_H_
#define BRINE_PASSES_SPECIALIZE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Specialize(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_SPECIALIZE_H_
