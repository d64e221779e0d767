#include "runtime/trainer/confusion.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <span>

#include "runtime/trainer/json.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

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

ConfusionMatrix EmptyMatrix(const ComparedOutput& compared) {
  const int64_t classes = compared.label->classes;
  return {compared.output->name, classes, std::vector<int64_t>(static_cast<size_t>(classes * classes))};
}

void Count(const ComparedOutput& compared, int64_t rows, const uint8_t* labels, const float* outputs,
           ConfusionMatrix& matrix) {
  const auto classes = static_cast<size_t>(matrix.classes);
  for (int64_t position = 0; position < rows * compared.positions(); ++position) {
    const int32_t label = compared.ClassAt(labels, position);
    // An ignored label may have the number of a class, or one that is none.
    if (IsIgnored(*compared.label, label)) continue;
    const int64_t guess = PositionOfLargest({outputs + static_cast<size_t>(position) * classes, classes});
    ++matrix.counts[static_cast<size_t>(label * matrix.classes + guess)];
  }
}

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
  std::vector<ComparedOutput> outputs = ComparedOutputs(trainer.program());
  std::erase_if(outputs, [&](const ComparedOutput& compared) {
    return compared.label->classes == 0 || compared.label->classes > most_classes;
  });
  std::vector<ConfusionMatrix> matrices;
  for (const ComparedOutput& compared : outputs) matrices.push_back(EmptyMatrix(compared));
  if (outputs.empty()) return matrices;
  std::vector<int64_t> indices(static_cast<size_t>(data.size()));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  PredictAndCompare(trainer, data, indices, outputs,
                    [&](size_t index, std::span<const int64_t> samples, const uint8_t* labels, const float* rows) {
                      Count(outputs[index], static_cast<int64_t>(samples.size()), labels, rows, matrices[index]);
                    });
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

std::string CountsJson(const ConfusionMatrix& matrix) {
  JsonList rows;
  for (int64_t label = 0; label < matrix.classes; ++label) {
    JsonList row;
    for (int64_t guess = 0; guess < matrix.classes; ++guess) row.Add(std::to_string(matrix.count(label, guess)));
    rows.Add(row.text());
  }
  return rows.text();
}

std::string ConfusionJson(const ConfusionMatrix& matrix, const std::vector<std::string>& names) {
  JsonList classes;
  for (int64_t label = 0; label < matrix.classes; ++label) {
    const ClassFigures figures = FiguresOf(matrix, label);
    JsonObject row;
    row.Text("name", names[static_cast<size_t>(label)]).Number("precision", figures.precision);
    row.Number("recall", figures.recall).Number("f1", figures.f1).Whole("labels", figures.labels);
    classes.Add(row.text());
  }
  JsonObject object;
  object.Text("output", matrix.output).Json("confusion_matrix", CountsJson(matrix)).Json("classes", classes.text());
  return object.text();
}

}  // namespace brine
