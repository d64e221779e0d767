#include "ir/gradient.h"
#include "ir/ops/convolution_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/window.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type &x = types.inputs[0], &dy = types.inputs[1];
  BRINE_RETURN_IF_ERROR(ExpectDType("x", x, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectImage("x", x));
  BRINE_RETURN_IF_ERROR(ExpectDType("dy", dy, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectImage("dy", dy));
  const std::vector<int64_t>& size = types.attributes.Ints("kernel_size");
  BRINE_RETURN_IF_ERROR(ExpectInts("kernel_size", size, 2, 1));
  const int64_t groups = types.attributes.Int("groups");
  if (groups < 1) return Refuse("groups must be positive, got ", groups);
  Shape kernel = {size[0], size[1], x.shape[3] / groups, dy.shape[3]};
  BRINE_ASSIGN_OR_RETURN(Shape result, ConvolutionShape(types.attributes, x.shape, kernel));
  BRINE_RETURN_IF_ERROR(ExpectType("dy", dy, {DType::kF32, std::move(result)}));
  return std::vector<Type>{{DType::kF32, std::move(kernel)}};
}

int64_t Flops(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows) {
  return ConvolutionFlops(outputs[0].shape, types.inputs[1], rows);
}

// With g the gradient of dw: that of x is conv2d_input_grad(dy, g), that of dy is conv2d(x, g).
absl::Status Gradient(GradientBuilder& builder) {
  const ValueId x = builder.input(0), dy = builder.input(1), g = builder.output_gradient();
  const Attributes attributes = OfConvolution(builder.attributes());
  if (builder.needs_gradient(0)) {
    const Attributes with_size = WithInputSize(attributes, builder.type(x));
    builder.SetInputGradient(0, builder.Emit(kConv2DInputGrad, {dy, g}, with_size));
  }
  if (builder.needs_gradient(1)) builder.SetInputGradient(1, builder.Emit(kConv2D, {x, g}, attributes));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Grid<Real> x(evaluation.in(0)), dy(evaluation.in(1)), kernel(evaluation.out());
  const ConvolutionGroups groups(evaluation.attributes, kernel.w, dy.c);
  Real* dw = evaluation.out().real.data();
  ForEachTap(evaluation.attributes, x, dy, kernel.n, kernel.h,
             [&](int64_t input_offset, int64_t output_offset, int64_t tap) {
               for (int64_t g = 0; g < groups.count; ++g) {
                 for (int64_t c = 0; c < groups.channels; ++c) {
                   AddScaled(dw + (tap * groups.channels + c) * dy.c + g * groups.filters,
                             dy.data + output_offset + g * groups.filters,
                             x.data[input_offset + g * groups.channels + c], groups.filters);
                 }
               }
             });
}

}  // namespace

const Op kConv2DWeightGrad = {
    .name = "conv2d_weight_grad",
    .doc =
        "The gradient of conv2d with respect to w: dw[a, b, c, f] = Σ over n, i, j of x[n, i·s + a·d − top, j·s + b·d "
        "− left, c]·dy[n, i, j, f], x being 0 outside. x is f32 [n, h, w, c], dy f32 [n, h', w', f], dw f32 [kh, kw, "
        "c / groups, f] with [kh, kw] = kernel_size.",
    .operands = {"x", "dy"},
    .results = {"dw"},
    .attributes =
        With(ConvolutionAttributes(), {"kernel_size", AttributeKind::kInts, "height and width of the kernel"}),
    .infer = Infer,
    .flops = Flops,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kContraction,
    .form = &kConvolutionWeightGradForm,
};

}  // namespace brine::ir
