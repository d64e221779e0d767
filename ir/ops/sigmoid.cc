#include <cmath>

#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// dx = dy·y·(1 − y)
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needed(0)) return absl::OkStatus();
  const ValueId y = builder.output();
  const ValueId slope = builder.Emit(kMul, {y, builder.Emit(kSub, {builder.EmitConstant(1), y})});
  builder.SetInputGradient(0, builder.Emit(kMul, {builder.output_gradient(), slope}));
  return absl::OkStatus();
}

// Negation, exponential, sum and quotient.
int64_t Flops(const OpTypes&, absl::Span<const Type> outputs, int64_t rows) {
  return Product({4, Elements(outputs[0], rows)});
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  Map(evaluation, [](Real x) { return 1 / (1 + std::exp(-x)); });
}

}  // namespace

const Op kSigmoid = {
    .name = "sigmoid",
    .doc = "y = 1 / (1 + e⁻ˣ), element by element; f32.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {},
    .infer = InferUnary,
    .flops = Flops,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .elementwise = true,
};

}  // namespace brine::ir
