// AddLoss: what Compile() was told about loss and metrics becomes nodes and outputs.
//
//   loss = Σ weight·(loss of an output)        loss of an output = Σ over rows / rows        metric = Σ over rows /
//   rows
//
// What is summed over rows, and of what type the label is, the tables say: ir/losses.h, ir/metrics.h.  Of one output
// the results are "loss", "accuracy" and the label is "label"; of several they are "loss", their sum, then
// "<output>_loss" of each and "<output>_accuracy", and the labels are "<output>_label".  A weight other than 1 is a
// scalar, "loss_weight" or
// "<output>_loss_weight".
//
// Cross-entropy never sees probabilities, so that it cannot take the logarithm of zero: its nodes read the input of the
// softmax that is the output (from_logits: the output itself).
// Declines: a graph that Compile() was not called for, which includes all that predict.
// Errors: an output that its loss does not take; a name that the host needs and that is taken.
// Runs after specialize.
#ifndef BRINE_PASSES_ADD_LOSS_H_
#define BRINE_PASSES_ADD_LOSS_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> AddLoss(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ADD_LOSS_H_
