// How often samples of each class were taken for each other class.
#ifndef BRINE_RUNTIME_TRAINER_CONFUSION_H_
#define BRINE_RUNTIME_TRAINER_CONFUSION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/trainer/compared_outputs.h"
#include "runtime/trainer/trainer.h"

namespace brine {

// Of an output with a number for each class.
struct ConfusionMatrix {
  std::string_view output;  // a string of the program's tables
  int64_t classes = 0;
  std::vector<int64_t> counts;  // [class of the label][class with the largest number]

  int64_t count(int64_t label, int64_t guess) const { return counts[static_cast<size_t>(label * classes + guess)]; }
};

// The figures of one class; 0 where they would be 0 / 0.
struct ClassFigures {
  double precision = 0;  // the share of right guesses among the guesses of this class
  double recall = 0;     // the share of right guesses among the labels of this class
  double f1 = 0;         // 2 · precision · recall / (precision + recall)
  int64_t labels = 0;    // the number of labels of this class
};
ClassFigures FiguresOf(const ConfusionMatrix& matrix, int64_t number);

ConfusionMatrix EmptyMatrix(const ComparedOutput& compared);

// Adds rows of a label and of its output, whose labels are classes.
void Count(const ComparedOutput& compared, int64_t rows, const uint8_t* labels, const float* outputs,
           ConfusionMatrix& matrix);

// Predicts the samples and compares the classes with those of the labels.  There is a matrix for each output of which
// the labels are classes, unless these are more than `most_classes`.  Of an output with several positions, such as
// pixels, each counts; labels that the loss ignores do not.
std::vector<ConfusionMatrix> CountConfusions(Trainer& trainer, const Dataset& data, int64_t most_classes);

// The limits of `evaluate`, which counts only what it prints.  A table of more classes is too wide for a terminal, and
// the square of more is too much memory and text for JSON.
inline constexpr int64_t kMaxPrintedClasses = 20, kMaxJsonClasses = 1000;

// A line for each class: the row of the matrix, then the figures of the class.
std::string ConfusionTable(const ConfusionMatrix& matrix, const std::vector<std::string>& names);
// The counts: [[9, 1], [0, 10]]
std::string CountsJson(const ConfusionMatrix& matrix);
// {"output": "kind", "confusion_matrix": [[…], …], "classes": [{"name": "cat", "precision": …, …}, …]}
std::string ConfusionJson(const ConfusionMatrix& matrix, const std::vector<std::string>& names);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_CONFUSION_H_
