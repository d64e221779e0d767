#include "ir/gradient.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

bool StartsWithBatch(const Type& type) { return !type.shape.empty() && type.shape[0] == kBatch; }

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  const Type y = {x.dtype, types.attributes.Ints("shape")};
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("shape", y));
  if (StartsWithBatch(x) != StartsWithBatch(y)) {
    return Refuse("n must be the first axis of both shapes or of none, got ", ToString(x.shape), " and ",
                  ToString(y.shape));
  }
  if (Elements(x, 1) != Elements(y, 1)) {
    const absl::string_view row = StartsWithBatch(x) ? " in a row" : "";
    return Refuse("shape ", ToString(y.shape), " holds ", Elements(y, 1), " elements", row, ", but x holds ",
                  Elements(x, 1));
  }
  return std::vector<Type>{y};
}

// dx = dy under x's shape
absl::Status Gradient(GradientBuilder& builder) {
  const Shape shape = builder.type(builder.input(0)).shape;
  if (builder.needs_gradient(0))
    builder.SetInputGradient(0, builder.Emit(kReshape, {builder.output_gradient()}, {{"shape", shape}}));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  evaluation.out().real = evaluation.in(0).real;
  evaluation.out().integers = evaluation.in(0).integers;
}

}  // namespace

const Op kReshape = {
    .name = "reshape",
    .doc =
        "y holds the elements of x, of any type, in the same order (C order) under another shape. n is the first axis "
        "of both shapes or of none.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"shape", AttributeKind::kDims, "shape of y"}},
    .infer = Infer,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kView,
    .cost = 0,
};

}  // namespace brine::ir
