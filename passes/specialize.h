// Specialize: the graph keeps what its function does: train, evaluate or predict.
//
//   y = f(x, …) ⟹ y = operand           the one that f's traits name (ir/op.h) for this kind of function:
//     dropout(x, …)                       x outside training; the same of augmentation
//     in_train_phase(x, alt)              x in training, alt in evaluation and prediction
//   update s = v ⟹                       outside training: only a training step writes states
//   what Compile() was told ⟹            in prediction: the outputs are the model's
//
// Thus a layer that differs in training writes both ways and chooses: batch normalization normalizes by the batch's
// moments and updates its moving ones in training, and reads the moving ones elsewhere.  Where it is frozen it writes
// the second way alone.  What nobody reads any more is left to dce.
// Runs first: loss, gradients and updates are those of the graph that is left.
#ifndef BRINE_PASSES_SPECIALIZE_H_
#define BRINE_PASSES_SPECIALIZE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Specialize(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_SPECIALIZE_H_
