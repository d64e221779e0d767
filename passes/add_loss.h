// AddLoss: turns the loss and the metrics that Compile() was given into nodes and outputs.
//
//   loss             = Σ weight·(loss of an output)
//   loss of an output = Σ over rows / rows
//   metric           = Σ over rows / rows
//
// The tables in ir/losses.h and ir/metrics.h say what is summed over rows, and the type of the label.  With one output,
// the results are "loss" and "accuracy" and the label is "label".  With several outputs, "loss" is their sum, and each
// has "<output>_loss", "<output>_accuracy" and the label "<output>_label".  A weight other than 1 is a scalar,
// "loss_weight" or "<output>_loss_weight".
//
// Cross-entropy is computed from logits, since the logarithm of a probability that was rounded to zero is infinite: its
// nodes read the input of the softmax that makes the output (with from_logits, the output itself).
// Declines: a graph without the arguments of Compile(), which includes all graphs that predict.
// Errors: an output that its loss does not accept; a name that the host needs and that is taken.
// Runs after specialize.
#ifndef BRINE_PASSES_ADD_LOSS_H_
#define BRINE_PASSES_ADD_LOSS_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> AddLoss(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ADD_LOSS_H_
