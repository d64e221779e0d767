#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("a", types.inputs[0], DType::kI32));
  BRINE_RETURN_IF_ERROR(ExpectType("b", types.inputs[1], types.inputs[0]));
  return std::vector<Type>{{DType::kF32, types.inputs[0].shape}};
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  std::vector<Real>& y = evaluation.out().real;
  for (size_t i = 0; i < y.size(); ++i) y[i] = evaluation.in(0).whole[i] == evaluation.in(1).whole[i] ? 1 : 0;
}

}  // namespace

const Op kEqual = {
    .name = "equal",
    .doc = "y = 1 where a = b, else 0. a and b are i32 of one shape, y is f32 of that shape.",
    .operands = {"a", "b"},
    .results = {"y"},
    .attributes = {},
    .infer = Infer,
    .flops = OneFlopAnElement,
    .not_differentiable = "a comparison is constant almost everywhere",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .elementwise = true,
};

}  // namespace brine::ir
