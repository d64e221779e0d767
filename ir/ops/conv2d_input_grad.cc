#include "ir/gradient.h"
#include "ir/ops/convolution_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/window.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type &dy = types.inputs[0], &w = types.inputs[1];
  BRINE_RETURN_IF_ERROR(ExpectDType("dy", dy, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectImage("dy", dy));
  BRINE_RETURN_IF_ERROR(ExpectKernel(w));
  const int64_t groups = types.attributes.Int("groups");
  if (groups < 1 || groups > kMaxElements)
    return Refuse("groups must be positive and at most ", kMaxElements, ", got ", groups);
  BRINE_ASSIGN_OR_RETURN(Shape image, ImageOf(types.attributes, dy, Product({w.shape[2], groups})));
  BRINE_ASSIGN_OR_RETURN(Shape result, ConvolutionShape(types.attributes, image, w.shape));
  BRINE_RETURN_IF_ERROR(ExpectType("dy", dy, {DType::kF32, std::move(result)}));
  return std::vector<Type>{{DType::kF32, std::move(image)}};
}

int64_t Flops(const OpTypes& types, absl::Span<const Type>, int64_t rows) {
  return ConvolutionFlops(types.inputs[1].shape, types.inputs[0], rows);
}

// With g the gradient of dx: that of dy is conv2d(g, w), that of w is conv2d_weight_grad(g, dy).
absl::Status Gradient(GradientBuilder& builder) {
  const ValueId dy = builder.input(0), w = builder.input(1), g = builder.output_gradient();
  const Attributes attributes = OfConvolution(builder.attributes());
  if (builder.needs_gradient(0)) builder.SetInputGradient(0, builder.Emit(kConv2D, {g, w}, attributes));
  if (builder.needs_gradient(1)) {
    const Attributes with_size = WithKernelSize(attributes, builder.type(w));
    builder.SetInputGradient(1, builder.Emit(kConv2DWeightGrad, {g, dy}, with_size));
  }
  return absl::OkStatus();
}

// The kernel [tap, c, f] as [tap, f, c], so that the innermost loop, along the channels, reads contiguous elements.
template <typename Real>
std::vector<Real> ChannelsLast(const Grid<Real>& w) {
  std::vector<Real> result(static_cast<size_t>(w.n * w.h * w.w * w.c));
  for (int64_t tap = 0; tap < w.n * w.h; ++tap) {
    for (int64_t c = 0; c < w.w; ++c) {
      for (int64_t f = 0; f < w.c; ++f)
        result[static_cast<size_t>((tap * w.c + f) * w.w + c)] = w.data[(tap * w.w + c) * w.c + f];
    }
  }
  return result;
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Grid<Real> dy(evaluation.in(0)), w(evaluation.in(1)), image(evaluation.out());
  const ConvolutionGroups groups(evaluation.attributes, w.w, dy.c);
  const std::vector<Real> weights = ChannelsLast(w);
  Real* dx = evaluation.out().real.data();
  ForEachTap(evaluation.attributes, image, dy, w.n, w.h, [&](int64_t input_offset, int64_t output_offset, int64_t tap) {
    for (int64_t g = 0; g < groups.count; ++g) {
      const int64_t f = g * groups.filters;
      AddProduct(dx + input_offset + g * groups.channels, dy.data + output_offset + f,
                 weights.data() + (tap * dy.c + f) * groups.channels, groups.filters, groups.channels, groups.channels);
    }
  });
}

}  // namespace

const Op kConv2DInputGrad = {
    .name = "conv2d_input_grad",
    .doc =
        "The gradient of conv2d with respect to x: dx[n, i·s + a·d − top, j·s + b·d − left, c] = Σ over i, j, a, b, f "
        "of dy[n, i, j, f]·w[a, b, c, f]. dy is f32 [n, h', w', f], w f32 [kh, kw, c / groups, f], dx f32 [n, h, w, "
        "c] with [h, w] = input_size.",
    .operands = {"dy", "w"},
    .results = {"dx"},
    .attributes = With(ConvolutionAttributes(), InputSizeAttribute()),
    .infer = Infer,
    .flops = Flops,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kContraction,
    .form = &kConvolutionInputGradForm,
};

}  // namespace brine::ir
