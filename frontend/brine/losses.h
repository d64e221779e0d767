// The losses of Compile(), by Keras's names and with its formulas.
//
// y is the output, of the shape [n, …], and t the label.  A formula is the loss of an element, or, with a sum, of the
// elements along the last axis; the loss of a row is the mean over its elements.  The loss of a batch is
// Σ weight · (loss of the row) / n over its rows, where the weight is that of the sample and of its class.  ε is 1e-7.
#ifndef BRINE_FRONTEND_BRINE_LOSSES_H_
#define BRINE_FRONTEND_BRINE_LOSSES_H_

#include <cstdint>
#include <string>
#include <utility>

#include "arguments.h"

namespace brine {

// Also one of the strings "mean_squared_error", "categorical_crossentropy" and so on, or a short name: "mse", "mae",
// "mape", "msle", "bce", "kld".
struct Loss {
  std::string name;
  Numbers arguments = {};  // an argument that is left out has its default

  Loss() = default;
  Loss(const char* known_name) : name(known_name) {}
  Loss(std::string known_name, Numbers given = {}) : name(std::move(known_name)), arguments(std::move(given)) {}
};

// −Σ t · ln y over the classes, which are the last axis; labels are one-hot rows or probabilities.  A softmax must
// produce y, so that the loss is computed from the logits, and no logarithm is infinite.
struct CategoricalCrossentropyOptions {
  bool from_logits = false;  // y has logits; then no softmax may produce it
  Real label_smoothing = 0;  // s: t · (1 − s) + s / classes takes the place of t
};
inline Loss CategoricalCrossentropy(CategoricalCrossentropyOptions options = {}) {
  Loss loss("categorical_crossentropy", {{"from_logits", int(options.from_logits)}});
  if (options.label_smoothing.value() != 0) loss.arguments.push_back({"label_smoothing", options.label_smoothing});
  return loss;
}

// The same for labels that are class numbers, of the shape of y without its last axis.
struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;
  Optional<std::int64_t> ignore_class = {};  // elements with this label do not count: the mean is over the others
};
inline Loss SparseCategoricalCrossentropy(SparseCategoricalCrossentropyOptions options = {}) {
  Loss loss("sparse_categorical_crossentropy", {{"from_logits", int(options.from_logits)}});
  if (options.ignore_class.given) loss.arguments.push_back({"ignore_class", double(options.ignore_class.value)});
  return loss;
}

// −t · ln y − (1 − t) · ln(1 − y), for labels 0 and 1.  A sigmoid must produce y, for the same reason.
struct BinaryCrossentropyOptions {
  bool from_logits = false;  // y has logits; then no sigmoid may produce it
  Real label_smoothing = 0;  // s: t · (1 − s) + s / 2 takes the place of t
};
inline Loss BinaryCrossentropy(BinaryCrossentropyOptions options = {}) {
  Loss loss("binary_crossentropy", {{"from_logits", int(options.from_logits)}});
  if (options.label_smoothing.value() != 0) loss.arguments.push_back({"label_smoothing", options.label_smoothing});
  return loss;
}

inline Loss MeanSquaredError() { return "mean_squared_error"; }                         // (y − t)²
inline Loss MeanAbsoluteError() { return "mean_absolute_error"; }                       // |y − t|
inline Loss MeanAbsolutePercentageError() { return "mean_absolute_percentage_error"; }  // 100 · |y − t| / max(|t|, ε)
// (ln(max(y, ε) + 1) − ln(max(t, ε) + 1))²
inline Loss MeanSquaredLogarithmicError() { return "mean_squared_logarithmic_error"; }

// (y − t)² / 2 where |y − t| ≤ δ, else δ · |y − t| − δ² / 2
struct HuberOptions {
  Real delta = 1;
};
inline Loss Huber(HuberOptions options = {}) { return {"huber", {{"delta", options.delta}}}; }

inline Loss LogCosh() { return "log_cosh"; }  // ln cosh(y − t)

// Σ t · ln(t / y), where both are limited to [ε, 1].  Probabilities from any layer are stable here.
inline Loss KLDivergence() { return "kl_divergence"; }
inline Loss Poisson() { return "poisson"; }  // y − t · ln(y + ε)

// max(1 − t · y, 0) and its square, for labels −1 and 1; a label of 0 stands for −1.
inline Loss Hinge() { return "hinge"; }
inline Loss SquaredHinge() { return "squared_hinge"; }
// max(max((1 − t) · y) − Σ t · y + 1, 0), for one-hot labels
inline Loss CategoricalHinge() { return "categorical_hinge"; }

// −Σ t · y / (‖t‖ · ‖y‖) over the last axis, where no norm counts as less than ε: −1 if the directions agree
inline Loss CosineSimilarity() { return "cosine_similarity"; }

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_LOSSES_H_
