// AddLoss: what Compile() was told about loss and metrics becomes nodes and outputs.
//
//   z = the input of the softmax that is the output (from_logits: the output itself)       z: f32[n,c]
//   loss = −Σ label·log_softmax(z) / rows                 label: f32[n,c]; of a sparse loss one_hot(label), label:
//   i32[n] accuracy = Σ (argmax(z) = argmax(label)) / rows       of a sparse loss the label itself
//
// Cross-entropy never sees probabilities, so that it cannot take the logarithm of zero.  Declines: a graph that
// Compile() was not called for, which includes all that predict.  Errors: an output that is no softmax of shape [n,c],
// or, with from_logits, not f32[n,c].  Runs after specialize.
#ifndef BRINE_PASSES_ADD_LOSS_H_
#define BRINE_PASSES_ADD_LOSS_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> AddLoss(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ADD_LOSS_H_
