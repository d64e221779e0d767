// What follows from Compile()'s arguments: the names of the quantities of a training step, and the contents of labels
// and outputs.
#ifndef BRINE_IR_TRAINING_H_
#define BRINE_IR_TRAINING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

// "loss", "accuracy", "label"; if several outputs are trained, with the output's name before it, as in Keras:
// "parity_loss".
std::string QuantityName(const Training& training, const Objective& objective, absl::string_view quantity);

// The number of classes of an output of the model: the size of its last axis; 0 if its loss compares numbers, or if its
// only axis is the batch.  An output without a loss is assumed to be one of classes.
int64_t OutputClasses(const Graph& model, absl::string_view output);

// The same for a label, by the name of the training step's input; 0 if there is none of this name.
int64_t LabelClasses(const Graph& model, absl::string_view label);

}  // namespace brine::ir

#endif  // BRINE_IR_TRAINING_H_
