#include <cmath>

#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// dx = dy / x
absl::Status Gradient(GradientBuilder& builder) {
  if (builder.needed(0)) builder.SetInputGradient(0, builder.Emit(kDiv, {builder.output_gradient(), builder.input(0)}));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  Map(evaluation, [](Real x) { return std::log(x); });
}

}  // namespace

const Op kLog = {
    .name = "log",
    .doc = "y = ln x, element by element; f32. Of 0 it is −∞, of a negative number NaN.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {},
    .infer = InferUnary,
    .flops = OneFlopAnElement,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .elementwise = true,
};

}  // namespace brine::ir
