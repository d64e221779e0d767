#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// da = dy, db = dy, each summed to its shape
absl::Status Gradient(GradientBuilder& builder) {
  for (int index = 0; index < 2; ++index) {
    if (builder.needed(index))
      builder.SetInputGradient(index, builder.SumTo(builder.type(builder.input(index)), builder.output_gradient()));
  }
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  MapBroadcast(evaluation, [](Real a, Real b) { return a + b; });
}

}  // namespace

const Op kAdd = {
    .name = "add",
    .doc =
        "y = a + b, element by element; f32. Trailing axes are aligned and an extent of 1 is stretched; n meets n or "
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
