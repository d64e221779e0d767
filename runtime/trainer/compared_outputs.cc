#include "runtime/trainer/compared_outputs.h"

#include <algorithm>
#include <cstring>

#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/shapes.h"

namespace brine {

int32_t ComparedOutput::ClassAt(const uint8_t* labels, int64_t position) const {
  const auto classes = static_cast<size_t>(label->classes), place = static_cast<size_t>(position);
  if (label_value->dtype != BRINE_I32)
    return static_cast<int32_t>(PositionOfLargest({reinterpret_cast<const float*>(labels) + place * classes, classes}));
  int32_t number;
  std::memcpy(&number, labels + 4 * place, sizeof(number));
  return number;
}

std::vector<ComparedOutput> ComparedOutputs(const brine_program& program) {
  const brine_function &evaluate = FunctionOf(program, "evaluate"), &predict = FunctionOf(program, "predict");
  std::vector<ComparedOutput> all;
  for (const brine_input* label : FedInputs(evaluate)) {
    const brine_output* const output =
        label->source == BRINE_LABEL ? brine_find_output(&predict, label->output) : nullptr;
    if (output == nullptr) continue;
    const brine_value& value = evaluate.values[label->value];
    const int64_t columns = RowElements(predict.values[output->value]);
    const int64_t expected = RowElements(value) * (label->classes > 0 && value.dtype == BRINE_I32 ? label->classes : 1);
    if (columns == expected) all.push_back({label, &value, output, columns});
  }
  return all;
}

void PredictAndCompare(Trainer& trainer, const Dataset& data, std::span<const int64_t> indices,
                       std::span<const ComparedOutput> outputs, const VisitRows& visit) {
  const brine_function &evaluate = FunctionOf(trainer.program(), "evaluate"),
                       &predict = FunctionOf(trainer.program(), "predict");
  const auto batch_size = static_cast<size_t>(trainer.program().batch_size);
  brine_state* const state = trainer.state();
  // Inputs of both functions may share memory, so labels are copied before the samples are read again.
  BatchReader labels(state, &evaluate, data), samples(state, &predict, data);
  std::vector<std::vector<uint8_t>> copies;
  for (const ComparedOutput& compared : outputs)
    copies.emplace_back(batch_size * static_cast<size_t>(RowElements(*compared.label_value)) * 4);
  for (size_t begin = 0; begin < indices.size(); begin += batch_size) {
    const std::span<const int64_t> batch = indices.subspan(begin, std::min(batch_size, indices.size() - begin));
    labels.Read(batch);
    for (size_t index = 0; index < outputs.size(); ++index)
      std::memcpy(copies[index].data(), brine_input_data(state, &evaluate, outputs[index].label_value->name),
                  copies[index].size());
    samples.Read(batch);
    ThrowIfFailed(brine_step(state, &predict, static_cast<int32_t>(batch.size())), state);
    for (size_t index = 0; index < outputs.size(); ++index)
      visit(index, batch, copies[index].data(), brine_output_data(state, &predict, outputs[index].output->name));
  }
}

int64_t PositionOfLargest(std::span<const float> numbers) {
  return std::max_element(numbers.begin(), numbers.end()) - numbers.begin();
}

}  // namespace brine
