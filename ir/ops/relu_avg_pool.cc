#include "ir/gradient.h"
#include "ir/ops/pool_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/window.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  BRINE_ASSIGN_OR_RETURN(const Shape shape, InferPool(types));
  BRINE_RETURN_IF_ERROR(ExpectMaskedPool(types.attributes));
  return std::vector<Type>{{DType::kF32, shape}, {DType::kU8, shape}};
}

// One comparison and one addition for each cell.
int64_t Flops(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows) {
  return Product({Elements(outputs[0], rows), PoolCells(types.attributes), 2});
}

// dx = relu_avg_pool_grad(dy, mask)
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0) || builder.output_gradient() == kNoValue) return absl::OkStatus();
  const Attributes attributes = WithInputSize(builder.attributes(), builder.type(builder.input(0)));
  builder.SetInputGradient(0,
                           builder.Emit(kReluAvgPoolGrad, {builder.output_gradient(), builder.output(1)}, attributes));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Grid<Real> x(evaluation.in(0));
  const int64_t across = evaluation.attributes.Ints("window")[1];
  Tensor<Real>&y = evaluation.out(0), &mask = evaluation.out(1);
  ForEachWindow(evaluation.attributes, evaluation.in(0).dims, y.dims,
                [&](int64_t n, int64_t output_offset, const Cells& cells) {
                  Real* mean = &y.real[static_cast<size_t>(output_offset)];
                  int64_t* bits = &mask.integers[static_cast<size_t>(output_offset)];
                  for (int64_t row = cells.top; row < cells.bottom; ++row) {
                    for (int64_t column = cells.left; column < cells.right; ++column) {
                      const Real* pixel = x.data + x.offset(n, row, column);
                      const int64_t bit = int64_t{1} << ((row - cells.top) * across + column - cells.left);
                      for (int64_t c = 0; c < x.c; ++c) {
                        if (pixel[c] <= 0) continue;
                        mean[c] += pixel[c];
                        if (pixel[c] > 0) bits[c] |= bit;  // false for NaN
                      }
                    }
                  }
                  for (int64_t c = 0; c < x.c; ++c) mean[c] /= static_cast<Real>(cells.count());
                });
}

}  // namespace

const Op kReluAvgPool = {
    .name = "relu_avg_pool",
    .doc =
        "y = avg_pool(relu(x)), for windows that neither overlap nor hang over the border and hold at most 8 cells; "
        "bit a·width + b of mask is set where cell (a, b) of the window is positive, which is all that the gradient "
        "needs of x. x is f32 [n, h, w, c]; y f32 and mask u8 are [n, h', w', c].",
    .operands = {"x"},
    .results = {"y", "mask"},
    .attributes = PoolAttributes(),
    .infer = Infer,
    .flops = Flops,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kWindow,
};

}  // namespace brine::ir
