#include <cmath>

#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// dx = dy·y
absl::Status Gradient(GradientBuilder& builder) {
  if (builder.needed(0)) builder.SetInputGradient(0, builder.Emit(kMul, {builder.output_gradient(), builder.output()}));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  Map(evaluation, [](Real x) { return std::exp(x); });
}

}  // namespace

const Op kExp = {
    .name = "exp",
    .doc = "y = eˣ, element by element; f32.",
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
