#include "runtime/trainer/confusion.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <span>

#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

// A label of classes, and the output with which it is compared.
struct Compared {
  const brine_input* label;
  const brine_value* label_value;
  const brine_output* output;
  std::vector<uint8_t> labels;  // of a batch, as the input has them
};

std::vector<Compared> ComparedOutputs(const brine_function& evaluate, const brine_function& predict, int64_t batch_size,
                                      int64_t most_classes) {
  std::vector<Compared> all;
  for (const brine_input* label : FedInputs(evaluate)) {
    const bool counts = label->classes > 0 && label->classes <= most_classes;
    const brine_output* const output = counts ? brine_find_output(&predict, label->output) : nullptr;
    if (output == nullptr) continue;
    const brine_value& value = evaluate.values[label->value];
    all.push_back(
        {label, &value, output, std::vector<uint8_t>(static_cast<size_t>(batch_size * RowElements(value) * 4))});
  }
  return all;
}

int64_t PositionOfLargest(std::span<const float> numbers) {
  return std::max_element(numbers.begin(), numbers.end()) - numbers.begin();
}

void Count(const Compared& compared, const float* outputs, int64_t rows, ConfusionMatrix& matrix) {
  const auto classes = static_cast<size_t>(matrix.classes);
  const bool has_numbers = compared.label_value->dtype == BRINE_I32;
  const int64_t positions = rows * RowElements(*compared.label_value) / (has_numbers ? 1 : matrix.classes);
  for (size_t position = 0; position < static_cast<size_t>(positions); ++position) {
    int32_t label = 0;
    if (has_numbers)
      std::memcpy(&label, compared.labels.data() + 4 * position, sizeof(label));
    else
      label = static_cast<int32_t>(
          PositionOfLargest({reinterpret_cast<const float*>(compared.labels.data()) + position * classes, classes}));
    // An ignored label may have the number of a class, or one that is none.
    if (IsIgnored(*compared.label, label)) continue;
    const int64_t guess = PositionOfLargest({outputs + position * classes, classes});
    ++matrix.counts[static_cast<size_t>(label * matrix.classes + guess)];
  }
}

std::string Padded(const std::string& text, size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string Share(double share) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.4f", share);
  return text;
}

double Ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

}  // namespace

ClassFigures FiguresOf(const ConfusionMatrix& matrix, int64_t number) {
  ClassFigures figures;
  int64_t guesses = 0;
  for (int64_t other = 0; other < matrix.classes; ++other) {
    figures.labels += matrix.count(number, other);
    guesses += matrix.count(other, number);
  }
  const auto right = static_cast<double>(matrix.count(number, number));
  figures.precision = Ratio(right, static_cast<double>(guesses));
  figures.recall = Ratio(right, static_cast<double>(figures.labels));
  figures.f1 = Ratio(2 * figures.precision * figures.recall, figures.precision + figures.recall);
  return figures;
}

std::vector<ConfusionMatrix> CountConfusions(Trainer& trainer, const Dataset& data, int64_t most_classes) {
  const brine_function &evaluate = FunctionOf(trainer.program(), "evaluate"),
                       &predict = FunctionOf(trainer.program(), "predict");
  const int64_t batch_size = trainer.program().batch_size;
  std::vector<Compared> compared = ComparedOutputs(evaluate, predict, batch_size, most_classes);
  std::vector<ConfusionMatrix> matrices;
  for (const Compared& pair : compared) {
    const int64_t classes = pair.label->classes;
    matrices.push_back({pair.output->name, classes, std::vector<int64_t>(static_cast<size_t>(classes * classes))});
  }
  if (compared.empty()) return matrices;
  brine_state* const state = trainer.state();
  // Inputs of both functions may share memory, so labels are copied before the samples are read again.
  BatchReader labels(state, &evaluate, data), samples(state, &predict, data);
  std::vector<int64_t> indices(static_cast<size_t>(batch_size));
  for (int64_t begin = 0; begin < data.size(); begin += batch_size) {
    const auto rows = static_cast<int32_t>(std::min(batch_size, data.size() - begin));
    std::iota(indices.begin(), indices.end(), begin);
    labels.Read({indices.data(), static_cast<size_t>(rows)});
    for (Compared& pair : compared)
      std::memcpy(pair.labels.data(), brine_input_data(state, &evaluate, pair.label_value->name), pair.labels.size());
    samples.Read({indices.data(), static_cast<size_t>(rows)});
    ThrowIfFailed(brine_step(state, &predict, rows), state);
    for (size_t index = 0; index < compared.size(); ++index)
      Count(compared[index], brine_output_data(state, &predict, compared[index].output->name), rows, matrices[index]);
  }
  return matrices;
}

std::string ConfusionTable(const ConfusionMatrix& matrix, const std::vector<std::string>& names) {
  size_t width = 6;
  for (int64_t number = 0; number < matrix.classes; ++number)
    width = std::max(width, names[static_cast<size_t>(number)].size());
  std::string text = Padded("", width) + " |";
  for (int64_t guess = 0; guess < matrix.classes; ++guess) text += " " + Padded(names[static_cast<size_t>(guess)], 6);
  text += " | precision recall     f1\n";
  for (int64_t label = 0; label < matrix.classes; ++label) {
    text += Padded(names[static_cast<size_t>(label)], width) + " |";
    for (int64_t guess = 0; guess < matrix.classes; ++guess)
      text += " " + Padded(std::to_string(matrix.count(label, guess)),
                           std::max<size_t>(names[static_cast<size_t>(guess)].size(), 6));
    const ClassFigures figures = FiguresOf(matrix, label);
    text += " |    " + Share(figures.precision) + " " + Share(figures.recall) + " " + Share(figures.f1) + "\n";
  }
  return text;
}

std::string ConfusionJson(const ConfusionMatrix& matrix, const std::vector<std::string>& names) {
  std::string counts, classes;
  for (int64_t label = 0; label < matrix.classes; ++label) {
    std::string row;
    for (int64_t guess = 0; guess < matrix.classes; ++guess)
      row += (guess == 0 ? "" : ", ") + std::to_string(matrix.count(label, guess));
    counts += (label == 0 ? "[" : ", [") + row + "]";
    const ClassFigures figures = FiguresOf(matrix, label);
    classes += std::string(label == 0 ? "" : ", ") + "{\"name\": " + JsonString(names[static_cast<size_t>(label)]) +
               ", \"precision\": " + JsonNumber(figures.precision) + ", \"recall\": " + JsonNumber(figures.recall) +
               ", \"f1\": " + JsonNumber(figures.f1) + ", \"labels\": " + std::to_string(figures.labels) + "}";
  }
  return "{\"output\": " + JsonString(std::string(matrix.output)) + ", \"confusion_matrix\": [" + counts +
         "], \"classes\": [" + classes + "]}";
}

}  // namespace brine
