#include "ir/ops/resize.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& dy = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectDType("dy", dy, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectAxis("dy", dy, types.attributes.Int("axis")));
  const size_t axis = static_cast<size_t>(types.attributes.Int("axis"));
  Type dx = dy;
  dx.shape[axis] = types.attributes.Int("extent");
  BRINE_RETURN_IF_ERROR(ExpectResize(types.attributes, "extent", dx.shape[axis], dy.shape[axis]));
  return std::vector<Type>{dx};
}

int64_t Flops(const OpTypes& types, absl::Span<const Type>, int64_t rows) {
  return Product({4, Elements(types.inputs[0], rows)});
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& dy = evaluation.in(0);
  Tensor<Real>& dx = evaluation.out();
  ForEachResizeTap(evaluation.attributes, dx.dims, dy.dims, [&](size_t from, size_t to, double weight) {
    dx.real[from] += static_cast<Real>(weight) * dy.real[to];
  });
}

}  // namespace

const Op kResizeGrad = {
    .name = "resize_grad",
    .doc =
        "dx = the gradient of resize: each element of x gets the sum of weight·dy over the elements of y that it is "
        "part of. dy and dx are f32.",
    .operands = {"dy"},
    .results = {"dx"},
    .attributes = ResizeAttributes({"extent", AttributeKind::kInt, "the extent of x"}),
    .infer = Infer,
    .flops = Flops,
    .not_differentiable = "second derivatives are not supported",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kReduction,
};

}  // namespace brine::ir
