#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// da = dy / b, db = −dy·y / b, each summed to its shape
absl::Status Gradient(GradientBuilder& builder) {
  const ValueId dy = builder.output_gradient(), b = builder.input(1);
  if (builder.needed(0))
    builder.SetInputGradient(0, builder.SumTo(builder.type(builder.input(0)), builder.Emit(kDiv, {dy, b})));
  if (builder.needed(1)) {
    const ValueId quotient = builder.Emit(kDiv, {builder.Emit(kMul, {dy, builder.output()}), b});
    builder.SetInputGradient(1, builder.Emit(kNeg, {builder.SumTo(builder.type(b), quotient)}));
  }
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  MapBroadcast(evaluation, [](Real a, Real b) { return a / b; });
}

}  // namespace

const Op kDiv = {
    .name = "div",
    .doc =
        "y = a / b, element by element; f32. Trailing axes are aligned and an extent of 1 is stretched; n meets n or "
        "1.",
    .operands = {"a", "b"},
    .results = {"y"},
    .attributes = {},
    .infer = InferBinary,
    .flops = OneFlopAnElement,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .elementwise = true,
};

}  // namespace brine::ir
