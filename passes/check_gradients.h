// Compares the gradients of a training graph with central differences of its loss, in the double interpreter.
#ifndef BRINE_PASSES_CHECK_GRADIENTS_H_
#define BRINE_PASSES_CHECK_GRADIENTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "ir/graph.h"
#include "ir/interpret.h"

namespace brine::passes {

// With steps of ε = 1e-5, a central difference in double is wrong by about ε² = 1e-10, because of the third derivative,
// and by about 1e-16 / ε of the loss, because of rounding.  The error is divided by the largest gradient, by 1e-3, or
// by 1e-3 of the loss, whichever is the greatest, which makes 1e-7 at most.
inline constexpr double kGradientTolerance = 1e-7;

// The result for all parameters p, their gradients g and the directions d.
struct GradientCheck {
  double worst = 0;  // the largest |g·d − (loss(p + εd) − loss(p − εd)) / 2ε|, divided by the largest |g| of the
                     // parameter, by 1e-3, or by 1e-3 of the loss, whichever is the greatest
  std::string where;  // the parameter where it was found
  int compared = 0;   // the number of directions that were compared
  int on_a_kink = 0;  // the number of those that were not, since the loss is not differentiable near p along them

  bool ok() const { return worst <= kGradientTolerance && compared > 0; }
};

// `graph` has the outputs "loss" and "<parameter>.grad", as after autodiff; `given` has its inputs and states.  For
// each parameter, the directions are a random one in which all elements change, the element with the largest gradient,
// and `samples` random elements.
// Errors: the loss or a gradient is missing, or the graph cannot be executed.
absl::StatusOr<GradientCheck> CheckGradients(const ir::Graph& graph, const ir::Tensors<double>& given, int64_t rows,
                                             int samples);

}  // namespace brine::passes

#endif  // BRINE_PASSES_CHECK_GRADIENTS_H_
