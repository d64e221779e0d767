// Predictions of samples, beside the labels with which the loss compares them.
#ifndef BRINE_RUNTIME_TRAINER_COMPARED_OUTPUTS_H_
#define BRINE_RUNTIME_TRAINER_COMPARED_OUTPUTS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "runtime/trainer/trainer.h"

namespace brine {

// An output of the model, and its label.
struct ComparedOutput {
  const brine_input* label;        // of the function "evaluate"
  const brine_value* label_value;  // i32[n,…] or f32[n,…]
  const brine_output* output;      // of the function "predict"
  int64_t columns;                 // the number of elements of a row of the output

  // If the label has classes: the number of positions of a row that have a class, such as 1, or the number of pixels.
  // The output has a number for each class at each position.
  int64_t positions() const { return columns / label->classes; }
  // The class at a position of `labels`, which are rows of the label one after another.  It may be one that the loss
  // ignores (IsIgnored).
  int32_t ClassAt(const uint8_t* labels, int64_t position) const;
};

// The outputs of "predict" that have a label of "evaluate".  If the label has classes, the output has as many.
std::vector<ComparedOutput> ComparedOutputs(const brine_program& program);

// Predicts the samples with these indices, and calls `visit` for each batch and each of `outputs`: with the index of
// the output, the samples of the batch, and their rows of the label and of the output.
using VisitRows =
    std::function<void(size_t output, std::span<const int64_t> samples, const uint8_t* labels, const float* rows)>;
void PredictAndCompare(Trainer& trainer, const Dataset& data, std::span<const int64_t> indices,
                       std::span<const ComparedOutput> outputs, const VisitRows& visit);

int64_t PositionOfLargest(std::span<const float> numbers);  // the first, if several are equal

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_COMPARED_OUTPUTS_H_
