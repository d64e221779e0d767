#include "ir/ops/pool_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/window.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  BRINE_ASSIGN_OR_RETURN(Shape image, InferPoolGrad(types));
  return std::vector<Type>{{DType::kF32, std::move(image)}};
}

// One addition for each cell.
int64_t Flops(const OpTypes& types, absl::Span<const Type>, int64_t rows) {
  return Product({Elements(types.inputs[0], rows), PoolCells(types.attributes)});
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& dy = evaluation.in(0);
  const Grid<Real> image(evaluation.out());
  Real* dx = evaluation.out().real.data();
  ForEachWindow(
      evaluation.attributes, evaluation.out().dims, dy.dims, [&](int64_t n, int64_t output_offset, const Cells& cells) {
        const Real share = Real(1) / static_cast<Real>(cells.count());
        for (int64_t row = cells.top; row < cells.bottom; ++row) {
          for (int64_t column = cells.left; column < cells.right; ++column) {
            AddScaled(dx + image.offset(n, row, column), &dy.real[static_cast<size_t>(output_offset)], share, image.c);
          }
        }
      });
}

}  // namespace

const Op kAvgPoolGrad = {
    .name = "avg_pool_grad",
    .doc =
        "The gradient of avg_pool: each dy[n, i, j, c] is shared equally among the cells of its window that lie "
        "inside x. dy is f32 [n, h', w', c], dx f32 [n, h, w, c] with [h, w] = input_size.",
    .operands = {"dy"},
    .results = {"dx"},
    .attributes = With(PoolAttributes(), InputSizeAttribute()),
    .infer = Infer,
    .flops = Flops,
    .not_differentiable = "second derivatives are not supported",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kWindowGrad,
    .keeps_pixel_sums = true,
};

}  // namespace brine::ir
