#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

size_t Axis(const Attributes& attributes) { return static_cast<size_t>(attributes.Int("axis")); }

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& first = types.inputs[0];
  for (size_t index = 0; index < types.inputs.size(); ++index)
    BRINE_RETURN_IF_ERROR(ExpectAnyDType(kConcatenate.InputName(index), types.inputs[index]));
  BRINE_RETURN_IF_ERROR(ExpectAxis("x[0]", first, types.attributes.Int("axis")));
  const size_t axis = Axis(types.attributes);
  Type y = first;
  for (size_t index = 1; index < types.inputs.size(); ++index) {
    Type like_first = types.inputs[index];
    if (like_first.rank() == first.rank()) like_first.shape[axis] = first.shape[axis];
    if (like_first != first || types.inputs[index].shape[axis] == kBatch) {
      return Refuse("the inputs must agree in type and in all axes but ", axis, ", got ", ToString(first), " and ",
                    ToString(types.inputs[index]));
    }
    y.shape[axis] += types.inputs[index].shape[axis];
  }
  return std::vector<Type>{std::move(y)};
}

// dx[k] = the slice of dy that x[k] fills in y
absl::Status Gradient(GradientBuilder& builder) {
  const size_t axis = Axis(builder.attributes());
  std::vector<int64_t> begin(builder.type(builder.output()).shape.size(), 0);
  for (size_t index = 0; index < builder.node().inputs.size(); ++index) {
    const int input = static_cast<int>(index);
    const Shape shape = builder.type(builder.input(input)).shape;
    if (builder.needs_gradient(input)) {
      const Attributes box = {{"begin", begin}, {"shape", shape}};
      builder.SetInputGradient(input, builder.Emit(kSlice, {builder.output_gradient()}, box));
    }
    begin[axis] += shape[axis];
  }
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const size_t axis = Axis(evaluation.attributes);
  Tensor<Real>& y = evaluation.out();
  std::vector<int64_t> begin(y.dims.size(), 0);
  for (const Tensor<Real>* x : evaluation.inputs) {
    ForEachInBox(x->dims, begin, y.dims, [&](size_t in_box, size_t in_whole) { CopyElement(*x, in_box, y, in_whole); });
    begin[axis] += x->dims[axis];
  }
}

}  // namespace

const Op kConcatenate = {
    .name = "concatenate",
    .doc =
        "y = the inputs, concatenated along an axis other than n. They have one element type, which is not a mask, and "
        "agree in all other axes.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"axis", AttributeKind::kInt, "the axis along which they are joined, from 0"}},
    .variadic = true,
    .infer = Infer,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kGather,
    .cost = 3,
};

}  // namespace brine::ir
