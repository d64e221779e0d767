#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  const Type y = {x.dtype, types.attributes.Ints("shape")};
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("shape", y));
  BRINE_RETURN_IF_ERROR(ExpectBox(types.attributes.Ints("begin"), "x", x, "shape", y));
  return std::vector<Type>{y};
}

// dx = the box of dy that x fills in y
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0)) return absl::OkStatus();
  const Attributes box = {{"begin", builder.attributes().Ints("begin")},
                          {"shape", builder.type(builder.input(0)).shape}};
  builder.SetInputGradient(0, builder.Emit(kSlice, {builder.output_gradient()}, box));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& x = evaluation.in(0);
  Tensor<Real>& y = evaluation.out();
  ForEachInBox(x.dims, evaluation.attributes.Ints("begin"), y.dims,
               [&](size_t in_box, size_t in_whole) { CopyElement(x, in_box, y, in_whole); });
}

}  // namespace

const Op kPad = {
    .name = "pad",
    .doc =
        "y[i + begin[0], j + begin[1], …] = x[i, j, …], and 0 outside of this box. x is of any type but a mask. "
        "Nothing is added along the axis of n.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"begin", AttributeKind::kInts, "for each axis the position of the first element of x"},
                   {"shape", AttributeKind::kDims, "shape of y"}},
    .infer = Infer,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kGather,
};

}  // namespace brine::ir
