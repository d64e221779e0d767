// The losses of Compile().
#ifndef BRINE_FRONTEND_BRINE_LOSSES_H_
#define BRINE_FRONTEND_BRINE_LOSSES_H_

#include <string>
#include <utility>

#include "arguments.h"

namespace brine {

struct Loss {
  std::string name;
  Numbers arguments = {};  // an argument that is left out has its default

  Loss() = default;
  Loss(const char* known_name) : name(known_name) {}
  Loss(std::string known_name, Numbers given = {}) : name(std::move(known_name)), arguments(std::move(given)) {}
};
struct CrossentropyOptions {
  bool from_logits = false;  // whether the output has logits; otherwise a softmax must produce it
};

// The loss of a row is −Σ over classes of label · ln(probability).  The output is [n, classes].  Labels are one-hot
// rows, or, for the sparse one, class numbers.
inline Loss CategoricalCrossentropy(CrossentropyOptions options = {}) {
  return {"categorical_crossentropy", {{"from_logits", int(options.from_logits)}}};
}
inline Loss SparseCategoricalCrossentropy(CrossentropyOptions options = {}) {
  return {"sparse_categorical_crossentropy", {{"from_logits", int(options.from_logits)}}};
}

// The loss of a row is the mean of (output − label)² over its elements.  Labels have the shape of the output.
inline Loss MeanSquaredError() { return "mean_squared_error"; }

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_LOSSES_H_
