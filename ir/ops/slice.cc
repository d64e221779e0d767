#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  const Type y = {x.dtype, types.attributes.Ints("shape")};
  BRINE_RETURN_IF_ERROR(ExpectBox(types.attributes.Ints("begin"), "shape", y, "x", x));
  return std::vector<Type>{y};
}

// dx = dy with zeros around it
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0)) return absl::OkStatus();
  const Attributes box = {{"begin", builder.attributes().Ints("begin")},
                          {"shape", builder.type(builder.input(0)).shape}};
  builder.SetInputGradient(0, builder.Emit(kPad, {builder.output_gradient()}, box));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& x = evaluation.in(0);
  Tensor<Real>& y = evaluation.out();
  ForEachInBox(y.dims, evaluation.attributes.Ints("begin"), x.dims,
               [&](size_t in_box, size_t in_whole) { CopyElement(x, in_whole, y, in_box); });
}

}  // namespace

const Op kSlice = {
    .name = "slice",
    .doc =
        "y[i, j, …] = x[i + begin[0], j + begin[1], …], a box of the elements of x, which is of any type but a mask. "
        "The axis of n is taken as a whole.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"begin", AttributeKind::kInts, "for each axis the first position of the box"},
                   {"shape", AttributeKind::kDims, "shape of y"}},
    .infer = Infer,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kGather,
};

}  // namespace brine::ir
