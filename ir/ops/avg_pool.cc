#include "ir/gradient.h"
#include "ir/ops/pool_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/window.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  BRINE_ASSIGN_OR_RETURN(Shape shape, InferPool(types));
  return std::vector<Type>{{DType::kF32, std::move(shape)}};
}

// dx = avg_pool_grad(dy)
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0)) return absl::OkStatus();
  const Attributes attributes = WithInputSize(builder.attributes(), builder.type(builder.input(0)));
  builder.SetInputGradient(0, builder.Emit(kAvgPoolGrad, {builder.output_gradient()}, attributes));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Grid<Real> x(evaluation.in(0));
  Tensor<Real>& y = evaluation.out();
  ForEachWindow(evaluation.attributes, evaluation.in(0).dims, y.dims,
                [&](int64_t n, int64_t output_offset, const Cells& cells) {
                  Real* mean = &y.real[static_cast<size_t>(output_offset)];
                  for (int64_t row = cells.top; row < cells.bottom; ++row) {
                    for (int64_t column = cells.left; column < cells.right; ++column)
                      AddScaled(mean, x.data + x.offset(n, row, column), Real(1), x.c);
                  }
                  for (int64_t c = 0; c < x.c; ++c) mean[c] /= static_cast<Real>(cells.count());
                });
}

}  // namespace

const Op kAvgPool = {
    .name = "avg_pool",
    .doc =
        "y[n, i, j, c] = the mean of x[n, i·s + a − top, j·s + b − left, c] over the window's cells (a, b) that lie "
        "inside x: padding is not counted. x is f32 [n, h, w, c], y f32 [n, h', w', c].",
    .operands = {"x"},
    .results = {"y"},
    .attributes = PoolAttributes(),
    .infer = Infer,
    .flops = PoolFlops,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kWindow,
};

}  // namespace brine::ir
