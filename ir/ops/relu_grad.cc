#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("dy", types.inputs[0], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectType("y", types.inputs[1], types.inputs[0]));
  return std::vector<Type>{types.inputs[0]};
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  MapBroadcast(evaluation, [](Real dy, Real y) { return y > 0 ? dy : Real(0); });
}

}  // namespace

const Op kReluGrad = {
    .name = "relu_grad",
    .doc = "dx = dy where y > 0, else 0; dy, y and dx are f32 of one shape. The gradient of relu from its result y.",
    .operands = {"dy", "y"},
    .results = {"dx"},
    .attributes = {},
    .infer = Infer,
    .flops = OneFlopAnElement,
    .not_differentiable = "second derivatives are not supported",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .elementwise = true,
};

}  // namespace brine::ir
