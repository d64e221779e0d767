#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// da = dy, db = −dy, each summed to its shape
absl::Status Gradient(GradientBuilder& builder) {
  const ValueId dy = builder.output_gradient();
  if (builder.needed(0)) builder.SetInputGradient(0, builder.SumTo(builder.type(builder.input(0)), dy));
  if (builder.needed(1)) {
    const ValueId sum = builder.SumTo(builder.type(builder.input(1)), dy);
    builder.SetInputGradient(1, builder.Emit(kNeg, {sum}));
  }
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  MapBroadcast(evaluation, [](Real a, Real b) { return a - b; });
}

}  // namespace

const Op kSub = {
    .name = "sub",
    .doc =
        "y = a - b, element by element; f32. Trailing axes are aligned and an extent of 1 is stretched; n meets n or "
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
