#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectDType("x", x, DType::kI32));
  const int64_t classes = types.attributes.Int("classes");
  if (classes < 1) return Refuse("classes must be positive, got ", classes);
  Shape shape = x.shape;
  shape.push_back(classes);
  return std::vector<Type>{{DType::kF32, std::move(shape)}};
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const std::vector<int64_t>& x = evaluation.in(0).integers;
  Tensor<Real>& y = evaluation.out();
  const int64_t classes = y.dims.back();
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] >= 0 && x[i] < classes) y.real[i * static_cast<size_t>(classes) + static_cast<size_t>(x[i])] = 1;
  }
}

}  // namespace

const Op kOneHot = {
    .name = "one_hot",
    .doc =
        "y[..., k] = 1 where x[...] = k, else 0; a row whose x is no class is all zero. x is i32, y f32 with one axis "
        "more.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"classes", AttributeKind::kInt, "extent of y's last axis"}},
    .infer = Infer,
    .not_differentiable = "its input holds whole numbers",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kGather,
};

}  // namespace brine::ir
