// What follows from Compile()'s arguments: how the quantities of a training step are called, and what labels and
// outputs hold.
#ifndef BRINE_IR_TRAINING_H_
#define BRINE_IR_TRAINING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

// "loss", "accuracy", "label"; where several outputs are trained, with the output's name in front, as in Keras:
// "parity_loss".
std::string QuantityName(const Training& training, const Objective& objective, absl::string_view quantity);

// How many classes an output of the model tells apart: the size of its last axis; 0 when its loss compares numbers, or
// when it has no last axis but the batch.  An output without a loss is taken for one of classes.
int64_t OutputClasses(const Graph& model, absl::string_view output);

// The same of a label, by the name of the training step's input; 0 when there is none of the name.
int64_t LabelClasses(const Graph& model, absl::string_view label);

}  // namespace brine::ir

#endif  // BRINE_IR_TRAINING_H_
