#include "ir/gradient.h"
#include "ir/ops/convolution_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/window.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type &x = types.inputs[0], &w = types.inputs[1];
  BRINE_RETURN_IF_ERROR(ExpectDType("x", x, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectImage("x", x));
  BRINE_RETURN_IF_ERROR(ExpectKernel(w));
  BRINE_ASSIGN_OR_RETURN(Shape shape, ConvolutionShape(types.attributes, x.shape, w.shape));
  return std::vector<Type>{{DType::kF32, std::move(shape)}};
}

int64_t Flops(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows) {
  return ConvolutionFlops(types.inputs[1].shape, outputs[0], rows);
}

// dx = conv2d_input_grad(dy, w), dw = conv2d_weight_grad(x, dy)
absl::Status Gradient(GradientBuilder& builder) {
  const ValueId x = builder.input(0), w = builder.input(1), dy = builder.output_gradient();
  if (builder.needs_gradient(0)) {
    const Attributes attributes = WithInputSize(builder.attributes(), builder.type(x));
    builder.SetInputGradient(0, builder.Emit(kConv2DInputGrad, {dy, w}, attributes));
  }
  if (builder.needs_gradient(1)) {
    const Attributes attributes = WithKernelSize(builder.attributes(), builder.type(w));
    builder.SetInputGradient(1, builder.Emit(kConv2DWeightGrad, {x, dy}, attributes));
  }
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Grid<Real> x(evaluation.in(0)), w(evaluation.in(1)), result(evaluation.out());
  const ConvolutionGroups groups(evaluation.attributes, w.w, result.c);
  Real* y = evaluation.out().real.data();
  ForEachTap(evaluation.attributes, x, result, w.n, w.h, [&](int64_t input_offset, int64_t output_offset, int64_t tap) {
    for (int64_t g = 0; g < groups.count; ++g) {
      AddProduct(y + output_offset + g * groups.filters, x.data + input_offset + g * groups.channels,
                 w.data + tap * groups.channels * result.c + g * groups.filters, groups.channels, result.c,
                 groups.filters);
    }
  });
}

}  // namespace

const Op kConv2D = {
    .name = "conv2d",
    .doc =
        "y[n, i, j, f] = Σ over a, b, c of x[n, i·s + a·d − top, j·s + b·d − left, c]·w[a, b, c, f], x being 0 "
        "outside. x is f32 [n, h, w, c], w f32 [kh, kw, c / groups, f], y f32 [n, h', w', f], h' = (top + h + bottom "
        "− ((kh − 1)·d + 1)) / s + 1, rounded down. With groups, filter f sees the channels of its own group only.",
    .operands = {"x", "w"},
    .results = {"y"},
    .attributes = ConvolutionAttributes(),
    .infer = Infer,
    .flops = Flops,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kContraction,
    .form = &kConvolutionForm,
};

}  // namespace brine::ir
