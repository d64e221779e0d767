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
  BRINE_ASSIGN_OR_RETURN(const Shape shape, BroadcastShapes("x", x, "shape", y));
  if (shape != y.shape) return Refuse("x cannot be stretched to shape ", ToString(y.shape), ", got ", ToString(x));
  return std::vector<Type>{y};
}

// dx = Σ of dy over the axes that were stretched
absl::Status Gradient(GradientBuilder& builder) {
  if (builder.needs_gradient(0))
    builder.SetInputGradient(0, builder.SumTo(builder.type(builder.input(0)), builder.output_gradient()));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& x = evaluation.in(0);
  Tensor<Real>& y = evaluation.out();
  BroadcastIterator iterator(y.dims, x.dims);
  for (Real& element : y.real) element = x.real[static_cast<size_t>(iterator.position())], iterator.Next();
  for (int64_t& element : y.integers) element = x.integers[static_cast<size_t>(iterator.position())], iterator.Next();
}

}  // namespace

const Op kBroadcast = {
    .name = "broadcast",
    .doc =
        "y = x, of any type, repeated along the axes that x lacks or where its extent is 1; trailing axes are aligned.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"shape", AttributeKind::kDims, "shape of y"}},
    .infer = Infer,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kElementwise,
    .cost = 0,
};

}  // namespace brine::ir
