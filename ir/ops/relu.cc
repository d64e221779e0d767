#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// dx = relu_grad(dy, y): dy where y > 0, so 0 at x = 0
absl::Status Gradient(GradientBuilder& builder) {
  if (builder.needed(0))
    builder.SetInputGradient(0, builder.Emit(kReluGrad, {builder.output_gradient(), builder.output()}));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  Map(evaluation, [](Real x) { return x <= 0 ? Real(0) : x; });
}

}  // namespace

const Op kRelu = {
    .name = "relu",
    .doc = "y = max(x, 0), element by element; f32. The interpreter keeps NaN; a kernel may turn it into 0.",
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
