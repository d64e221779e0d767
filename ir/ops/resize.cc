#include "ir/ops/resize.h"

#include <algorithm>

#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  const bool is_nearest = types.attributes.String("interpolation") == "nearest";
  if (x.dtype != DType::kF32 && !(x.dtype == DType::kU8 && is_nearest))
    return Refuse("x must be f32, or u8 for nearest, got ", ToString(x));
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  BRINE_RETURN_IF_ERROR(ExpectAxis("x", x, types.attributes.Int("axis")));
  const size_t axis = static_cast<size_t>(types.attributes.Int("axis"));
  Type y = x;
  y.shape[axis] = types.attributes.Int("size");
  BRINE_RETURN_IF_ERROR(ExpectResize(types.attributes, "size", x.shape[axis], y.shape[axis]));
  return std::vector<Type>{y};
}

// dx = resize_grad(dy)
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0)) return absl::OkStatus();
  const int64_t axis = builder.attributes().Int("axis");
  const Attributes attributes = {{"axis", axis},
                                 {"extent", builder.type(builder.input(0)).shape[static_cast<size_t>(axis)]},
                                 {"interpolation", builder.attributes().String("interpolation")}};
  builder.SetInputGradient(0, builder.Emit(kResizeGrad, {builder.output_gradient()}, attributes));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& x = evaluation.in(0);
  Tensor<Real>& y = evaluation.out();
  ForEachResizeTap(evaluation.attributes, x.dims, y.dims, [&](size_t from, size_t to, double weight) {
    if (IsReal(x.dtype))
      y.real[to] += static_cast<Real>(weight) * x.real[from];
    else
      y.integers[to] = x.integers[from];
  });
}

}  // namespace

absl::Status ExpectResize(const Attributes& attributes, absl::string_view name, int64_t x, int64_t y) {
  const std::string& interpolation = attributes.String("interpolation");
  if (interpolation != "nearest" && interpolation != "bilinear")
    return Refuse("interpolation must be nearest or bilinear, got ", interpolation);
  BRINE_RETURN_IF_ERROR(ExpectInts(name, {attributes.Int(name)}, 1, 1));
  if (Product({2, x, y}) > kMaxElements)
    return Refuse("extents ", x, " and ", y, " are too large: their product must be at most ", kMaxElements / 2);
  return absl::OkStatus();
}

std::vector<AttributeSpec> ResizeAttributes(AttributeSpec extent) {
  return {{"axis", AttributeKind::kInt, "the axis that is resized, from 0"},
          std::move(extent),
          {"interpolation", AttributeKind::kString, "nearest or bilinear", true, "bilinear"}};
}

const Op kResize = {
    .name = "resize",
    .doc =
        "y = x with an axis of e elements resized to e', by the positions of centres: s = (i + ½)·e / e'. Nearest: "
        "y[…, i, …] = x[…, ⌊s⌋, …]. Bilinear, with t = s − ½ and w = t − ⌊t⌋: y[…, i, …] = (1 − w)·x[…, ⌊t⌋, …] + "
        "w·x[…, ⌊t⌋ + 1, …], where positions beyond the ends are those of the ends. x and y are f32, or u8 for "
        "nearest. Keras: ops.image.resize without antialias.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = ResizeAttributes({"size", AttributeKind::kInt, "the new extent"}),
    .infer = Infer,
    .flops = FlopsAnElement<3>,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kGather,
    .cost = 10,
};

}  // namespace brine::ir
