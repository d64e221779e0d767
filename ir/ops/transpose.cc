#include "absl/strings/str_join.h"
#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  const std::vector<int64_t>& permutation = types.attributes.Ints("permutation");
  std::vector<bool> is_named(x.shape.size());
  Type y = {x.dtype, {}};
  for (int64_t axis : permutation) {
    if (axis < 0 || axis >= x.rank() || is_named[static_cast<size_t>(axis)]) break;
    is_named[static_cast<size_t>(axis)] = true;
    y.shape.push_back(x.shape[static_cast<size_t>(axis)]);
  }
  if (y.shape.size() != permutation.size() || y.shape.size() != x.shape.size()) {
    return Refuse("permutation must hold each of 0 ... ", x.rank() - 1, " once, got [", absl::StrJoin(permutation, ","),
                  "]");
  }
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("y", y));
  return std::vector<Type>{y};
}

// dx = dy with its axes in the order of x
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0)) return absl::OkStatus();
  const std::vector<int64_t>& permutation = builder.attributes().Ints("permutation");
  std::vector<int64_t> inverse(permutation.size());
  for (size_t axis = 0; axis < permutation.size(); ++axis)
    inverse[static_cast<size_t>(permutation[axis])] = static_cast<int64_t>(axis);
  builder.SetInputGradient(0, builder.Emit(kTranspose, {builder.output_gradient()}, {{"permutation", inverse}}));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& x = evaluation.in(0);
  Tensor<Real>& y = evaluation.out();
  const std::vector<int64_t>& permutation = evaluation.attributes.Ints("permutation");
  std::vector<int64_t> strides(x.dims.size(), 1);  // of x
  for (size_t axis = strides.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * x.dims[axis];
  std::vector<int64_t> index(y.dims.size(), 0);  // of y
  for (size_t element = 0; element < static_cast<size_t>(y.size()); ++element) {
    int64_t from = 0;
    for (size_t axis = 0; axis < index.size(); ++axis)
      from += index[axis] * strides[static_cast<size_t>(permutation[axis])];
    CopyElement(x, static_cast<size_t>(from), y, element);
    for (size_t axis = index.size(); axis-- > 0 && ++index[axis] == y.dims[axis];) index[axis] = 0;
  }
}

}  // namespace

const Op kTranspose = {
    .name = "transpose",
    .doc =
        "y = x, of any type but a mask, with its axes in another order: axis k of y is axis permutation[k] of x. An n "
        "stays the first axis.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"permutation", AttributeKind::kInts, "for each axis of y its axis in x"}},
    .infer = Infer,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kGather,
};

}  // namespace brine::ir
