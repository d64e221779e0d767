#include <cmath>

#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// dx = dy·(1 − y²)
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needed(0)) return absl::OkStatus();
  const ValueId y = builder.output();
  const ValueId slope = builder.Emit(kSub, {builder.EmitConstant(1), builder.Emit(kMul, {y, y})});
  builder.SetInputGradient(0, builder.Emit(kMul, {builder.output_gradient(), slope}));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  Map(evaluation, [](Real x) { return std::tanh(x); });
}

}  // namespace

const Op kTanh = {
    .name = "tanh",
    .doc = "y = tanh x, element by element; f32. The interpreter keeps NaN; a kernel may turn it into −1 or 1.",
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
