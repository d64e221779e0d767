// Compares the gradients of a training graph with central differences of its loss, in the double interpreter.
#ifndef BRINE_PASSES_CHECK_GRADIENTS_H_
#define BRINE_PASSES_CHECK_GRADIENTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "ir/graph.h"
#include "ir/interpret.h"

namespace brine::passes {

inline constexpr double kGradientTolerance = 1e-7;

struct GradientCheck {
  double worst = 0;   // |g·d − (loss(p + εd) − loss(p − εd)) / 2ε|, as a share of the tensor's largest |g|
  std::string where;  // the parameter
  int compared = 0;   // directions d
  int on_a_kink = 0;  // directions that were not compared, since a relu or a pool changed sides along them

  bool ok() const { return worst <= kGradientTolerance && compared > 0; }
};

// `graph` has the outputs "loss" and "<parameter>.grad", as after autodiff.  The directions for each parameter: one
// through all of its elements, the element with the largest gradient, and `samples` others.
absl::StatusOr<GradientCheck> CheckGradients(const ir::Graph& graph, const ir::Tensors<double>& given, int64_t rows,
                                             int samples);

}  // namespace brine::passes

#endif  // BRINE_PASSES_CHECK_GRADIENTS_H_
