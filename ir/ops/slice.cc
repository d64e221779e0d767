#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  const int64_t axis = types.attributes.Int("axis");
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  BRINE_RETURN_IF_ERROR(ExpectAxis("x", x, axis));
  const int64_t begin = types.attributes.Int("begin"), extent = types.attributes.Int("extent");
  const int64_t steps = x.shape[static_cast<size_t>(axis)];
  if (begin < 0 || begin >= steps)
    return Refuse("begin must lie within 0 ... ", steps - 1, " for axis ", axis, " of ", ToString(x), ", got ", begin);
  if (extent < 1 || extent > steps - begin) {
    return Refuse("extent must lie within 1 ... ", steps - begin, " from step ", begin, " of axis ", axis, " of ",
                  ToString(x), ", got ", extent);
  }
  Type y = x;
  y.shape[static_cast<size_t>(axis)] = extent;
  return std::vector<Type>{std::move(y)};
}

// Zeros of the shape of x, but with `steps` as the extent of the axis.
ValueId EmitZeros(GradientBuilder& builder, size_t axis, int64_t steps) {
  Shape shape = builder.type(builder.input(0)).shape;
  shape[axis] = steps;
  return builder.Emit(kBroadcast, {builder.EmitConstant(0)}, {{"shape", shape}});
}

// dx = dy between zeros
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0)) return absl::OkStatus();
  const int64_t number = builder.attributes().Int("axis"), begin = builder.attributes().Int("begin");
  const size_t axis = static_cast<size_t>(number);
  const int64_t steps_after = builder.type(builder.input(0)).shape[axis] - begin - builder.attributes().Int("extent");
  std::vector<ValueId> parts;
  if (begin > 0) parts.push_back(EmitZeros(builder, axis, begin));
  parts.push_back(builder.output_gradient());
  if (steps_after > 0) parts.push_back(EmitZeros(builder, axis, steps_after));
  builder.SetInputGradient(0, builder.Emit(kConcatenate, parts, {{"axis", number}}));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Attributes& attributes = evaluation.attributes;
  CopySlice(evaluation.in(0), attributes.Int("begin"), evaluation.out(), 0, static_cast<size_t>(attributes.Int("axis")),
            attributes.Int("extent"));
}

}  // namespace

const Op kSlice = {
    .name = "slice",
    .doc =
        "y = `extent` steps of x along an axis, which is not n, from step `begin` on; all of them in the other axes. x "
        "is of any type but a mask.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"axis", AttributeKind::kInt, "the axis that is cut, from 0"},
                   {"begin", AttributeKind::kInt, "the first step that is taken, from 0"},
                   {"extent", AttributeKind::kInt, "how many steps are taken"}},
    .infer = Infer,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kGather,
};

}  // namespace brine::ir
