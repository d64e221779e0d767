// The metrics of Compile(), by Keras's names and with its formulas.  They are exact over an epoch: a precision is that
// of all its samples, not the mean of the precisions of batches.  Weights of samples and classes do not count.
//
// Every loss (losses.h) is a metric, too: .metrics = {"accuracy", MeanAbsoluteError()}.  CosineSimilarity is then
// positive.
#ifndef BRINE_FRONTEND_BRINE_METRICS_H_
#define BRINE_FRONTEND_BRINE_METRICS_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "losses.h"
#include "tensor.h"

namespace brine {

// A metric, also by its name: "accuracy", "precision", "mse".  "accuracy" is one of the three below, by the labels:
// binary if the output has one column, sparse for class numbers, categorical for one-hot rows.
struct Metric {
  std::string metric;      // as Loss::name
  Numbers arguments = {};  // an argument that is left out has its default; one that is given twice makes two metrics
  std::string name;        // of the result; a number is appended to the second of equal automatic names: "precision_1"
  bool automatic = false;  // whether the user gave no name

  Metric(const char* known_name) : metric(known_name), name(known_name) {}
  Metric(std::string known_name) : metric(std::move(known_name)), name(metric) {}
  Metric(const Loss& loss) : metric(loss.name), arguments(loss.arguments), name(loss.name), automatic(true) {}
};

namespace internal {
inline Metric MakeMetric(std::string known_name, Numbers arguments, std::string given_name,
                         std::string automatic_name) {
  Metric metric(std::move(known_name));
  metric.arguments = std::move(arguments);
  metric.automatic = given_name.empty();
  metric.name = metric.automatic ? std::move(automatic_name) : std::move(given_name);
  return metric;
}
}  // namespace internal

// The share of elements that are equal to their labels.
inline Metric Accuracy(Named options = {}) { return internal::MakeMetric("Accuracy", {}, options.name, "accuracy"); }

// The share of elements for which (y > threshold) is the label, 0 or 1.
struct BinaryAccuracyOptions {
  Real threshold = 0.5;
  std::string name = {};
};
inline Metric BinaryAccuracy(BinaryAccuracyOptions options = {}) {
  return internal::MakeMetric("binary_accuracy", {{"threshold", options.threshold}}, options.name, "binary_accuracy");
}

// The share of rows whose largest output is that of the label's class; labels are one-hot rows or class numbers.
inline Metric CategoricalAccuracy(Named options = {}) {
  return internal::MakeMetric("categorical_accuracy", {}, options.name, "categorical_accuracy");
}
inline Metric SparseCategoricalAccuracy(Named options = {}) {
  return internal::MakeMetric("sparse_categorical_accuracy", {}, options.name, "sparse_categorical_accuracy");
}

// The share of rows where fewer than k classes have a larger output than that of the label.
struct TopKOptions {
  std::int64_t k = 5;
  std::string name = {};
};
inline Metric TopKCategoricalAccuracy(TopKOptions options = {}) {
  return internal::MakeMetric("top_k_categorical_accuracy", {{"k", double(options.k)}}, options.name,
                              "top_k_categorical_accuracy");
}
inline Metric SparseTopKCategoricalAccuracy(TopKOptions options = {}) {
  return internal::MakeMetric("sparse_top_k_categorical_accuracy", {{"k", double(options.k)}}, options.name,
                              "sparse_top_k_categorical_accuracy");
}

// A number, or several.
struct Thresholds {
  std::vector<Real> numbers = {};

  Thresholds() = default;
  Thresholds(float one) : numbers{one} {}
  Thresholds(double one) : numbers{one} {}
  Thresholds(int one) : numbers{one} {}
  Thresholds(std::initializer_list<Real> several) : numbers(several) {}
};

// true positives / (true + false positives), and true positives / (true positives + false negatives), over all elements
// or those of one class; 0 if nothing is positive.  An element is positive if it is greater than the threshold and,
// with top_k, one of the k largest of its row.  Labels are 0 and 1, also as one-hot rows or class numbers.  Several
// thresholds make a result each, {0.3f, 0.5f} "precision_0.3" and "precision_0.5".
struct PrecisionOptions {
  Thresholds thresholds = {};  // within [0, 1]; if none is given, 0.5, or, with top_k, −1e10, which all elements exceed
  Optional<std::int64_t> top_k = {};
  Optional<std::int64_t> class_id = {};
  std::string name = {};
};
namespace internal {
inline Metric MakeOfPositives(const char* known_name, const PrecisionOptions& options) {
  Numbers arguments;
  for (const Real& threshold : options.thresholds.numbers) arguments.push_back({"thresholds", threshold});
  if (arguments.empty()) arguments.push_back({"thresholds", options.top_k.given ? -1e10 : 0.5});
  if (options.top_k.given) arguments.push_back({"top_k", double(options.top_k.value)});
  if (options.class_id.given) arguments.push_back({"class_id", double(options.class_id.value)});
  return MakeMetric(known_name, std::move(arguments), options.name, known_name);
}
}  // namespace internal
inline Metric Precision(PrecisionOptions options = {}) { return internal::MakeOfPositives("precision", options); }
inline Metric Recall(PrecisionOptions options = {}) { return internal::MakeOfPositives("recall", options); }

// The area under the curve of the true positive rate over the false positive rate ("ROC"), or of precision over recall
// ("PR", interpolated as Davis and Goadrich do, 2006), from evenly spaced thresholds between 0 and 1.
struct AUCOptions {
  std::int64_t num_thresholds = 200;
  std::string curve = "ROC";
  std::string name = {};
  bool from_logits = false;  // the output has logits, of which a sigmoid is taken first
};
inline Metric AUC(AUCOptions options = {}) {
  const std::string metric = options.curve == "ROC" ? "auc" : "auc_" + options.curve;
  return internal::MakeMetric(
      metric, {{"num_thresholds", double(options.num_thresholds)}, {"from_logits", int(options.from_logits)}},
      options.name, "auc");
}

// √(mean of (y − t)²)
inline Metric RootMeanSquaredError(Named options = {}) {
  return internal::MakeMetric("root_mean_squared_error", {}, options.name, "root_mean_squared_error");
}

// The mean over columns of 1 − Σ (y − t)² / Σ (t − mean t)², where a column whose labels are all equal counts 0.  The
// squares of a batch are added in float32, so the labels' mean should not exceed their deviation by a factor of 100.
inline Metric R2Score(Named options = {}) { return internal::MakeMetric("r2_score", {}, options.name, "r2_score"); }

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_METRICS_H_
