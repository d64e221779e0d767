#include "absl/strings/str_join.h"
#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// The shape of x with each axis of the sum removed or made 1.
Shape Reduced(const Shape& x, const std::vector<int64_t>& axes, bool keep_dims) {
  Shape shape;
  size_t next = 0;
  for (size_t axis = 0; axis < x.size(); ++axis) {
    if (next == axes.size() || axes[next] != static_cast<int64_t>(axis)) {
      shape.push_back(x[axis]);
      continue;
    }
    ++next;
    if (keep_dims) shape.push_back(1);
  }
  return shape;
}

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectDType("x", x, DType::kF32));
  const std::vector<int64_t>& axes = types.attributes.Ints("axes");
  if (axes.empty()) return Refuse("axes must name at least one axis");
  int64_t previous = -1;
  for (int64_t axis : axes) {
    if (axis <= previous || axis >= x.rank()) {
      return Refuse("axes must ascend within 0 ... ", x.rank() - 1, ", got [", absl::StrJoin(axes, ","), "]");
    }
    previous = axis;
  }
  return std::vector<Type>{{DType::kF32, Reduced(x.shape, axes, types.attributes.Bool("keep_dims"))}};
}

int64_t Flops(const OpTypes& types, absl::Span<const Type>, int64_t rows) { return Elements(types.inputs[0], rows); }

// dx = dy repeated along the summed axes
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0)) return absl::OkStatus();
  const Shape x = builder.type(builder.input(0)).shape;
  ValueId dy = builder.output_gradient();
  if (!builder.attributes().Bool("keep_dims")) {
    dy = builder.Emit(kReshape, {dy}, {{"shape", Reduced(x, builder.attributes().Ints("axes"), true)}});
  }
  builder.SetInputGradient(0, builder.Emit(kBroadcast, {dy}, {{"shape", x}}));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& x = evaluation.in(0);
  std::vector<int64_t> kept = x.dims;
  for (int64_t axis : evaluation.attributes.Ints("axes")) kept[static_cast<size_t>(axis)] = 1;
  BroadcastIterator iterator(x.dims, kept);
  for (Real element : x.real)
    evaluation.out().real[static_cast<size_t>(iterator.position())] += element, iterator.Next();
}

}  // namespace

const Op kReduceSum = {
    .name = "reduce_sum",
    .doc =
        "y = the sum of x over the given axes, which are removed, or kept with extent 1; f32. Terms are added in C "
        "order.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"axes", AttributeKind::kInts, "axes of x that are summed, ascending"},
                   {"keep_dims", AttributeKind::kBool, "keep the summed axes with extent 1", true, false}},
    .infer = Infer,
    .flops = Flops,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kReduction,
    .reduces_axes = true,
    .sum = true,
};

}  // namespace brine::ir
