// AddLoss: turns the losses and the metrics that Compile() was given into nodes and outputs.
//
//   loss               = Σ over outputs of weight·(loss of the output) + Σ of the penalties
//   loss of an output  = Σ over rows of weight·(loss of a row), where the host's weights have the factor 1 / rows
//   metric             = Σ over rows of (metric of a row) / rows, or a result, which the host computes from sums
//
// The tables in ir/losses.h and ir/metrics.h define the values of rows and the type of the label.  With one output, the
// results are "loss" and "accuracy", the label is "label", and the weights of rows are "sample_weight".  With several
// outputs, "loss" is the weighted sum, and each output has "<output>_loss", "<output>_accuracy" and the inputs
// "<output>_label" and "<output>_sample_weight".  A weight of an output other than 1 is a scalar input, "loss_weight"
// or "<output>_loss_weight".
//
// Cross-entropy is computed from logits, since the logarithm of a probability that was rounded to zero is infinite.
// Its nodes read the input of the softmax that makes the output, or, with from_logits, the output itself.
// Declines: a graph without arguments of Compile(), which includes all graphs that predict.
// Errors: an output that its loss does not accept; a name that the host needs and that another value has.
// Runs after specialize.
#ifndef BRINE_PASSES_ADD_LOSS_H_
#define BRINE_PASSES_ADD_LOSS_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> AddLoss(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ADD_LOSS_H_
