// What follows from the arguments of Compile(): the names of the quantities of a training step, and how many classes a
// label or an output has.
#ifndef BRINE_IR_TRAINING_H_
#define BRINE_IR_TRAINING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

// The name of a loss, a metric or a label in the training step: `quantity` ("loss", "accuracy", "label") if one output
// is trained, "<output>_<quantity>" ("parity_loss") if there are several, as in Keras.
std::string QuantityName(const Training& training, const Objective& objective, absl::string_view quantity);

// The name of the state with role *average* that is the moving average of a parameter: "average/conv2d/kernel".
std::string AverageName(absl::string_view parameter);

// The parameter of which the state is the average, or the state itself.  Both begin with the same random numbers.
absl::string_view ParameterOfAverage(absl::string_view state);

// The objective to which an input of the training step of this name belongs, as its label or its weights; null if there
// is none.
const Objective* ObjectiveOf(const Training& training, absl::string_view input);

// The number of classes of an output of the model, which is the extent of its last axis.  0 if the model has no such
// output, if the loss of the output compares numbers, or if the only axis of the output is the batch.  An output
// without a loss is assumed to hold a number for each class.
int64_t OutputClasses(const Graph& model, absl::string_view output);

// The least number of classes of an output of the model, so that class numbers below it are legal for every label;
// INT64_MAX if no output has classes.
int64_t LeastClasses(const Graph& model);

// The number of classes of the output to which a label belongs.  `label` is the name of an input of the training step;
// 0 if it is the label of no objective.
int64_t LabelClasses(const Graph& model, absl::string_view label);

}  // namespace brine::ir

#endif  // BRINE_IR_TRAINING_H_
