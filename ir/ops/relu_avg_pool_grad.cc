#include "ir/ops/pool_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/window.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type &dy = types.inputs[0], &mask = types.inputs[1];
  BRINE_ASSIGN_OR_RETURN(Shape image, InferPoolGrad(types));
  BRINE_RETURN_IF_ERROR(ExpectMaskedPool(types.attributes));
  BRINE_RETURN_IF_ERROR(ExpectType("mask", mask, {DType::kU8, dy.shape}));
  return std::vector<Type>{{DType::kF32, std::move(image)}};
}

// One quotient for each cell.
int64_t Flops(const OpTypes& types, absl::Span<const Type>, int64_t rows) {
  return Product({Elements(types.inputs[0], rows), PoolCells(types.attributes)});
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>&dy = evaluation.in(0), &mask = evaluation.in(1);
  const Grid<Real> image(evaluation.out());
  const int64_t across = evaluation.attributes.Ints("window")[1];
  Real* dx = evaluation.out().real.data();
  ForEachWindow(evaluation.attributes, evaluation.out().dims, dy.dims,
                [&](int64_t n, int64_t output_offset, const Cells& cells) {
                  for (int64_t row = cells.top; row < cells.bottom; ++row) {
                    for (int64_t column = cells.left; column < cells.right; ++column) {
                      const int64_t bit = int64_t{1} << ((row - cells.top) * across + column - cells.left);
                      for (int64_t c = 0; c < image.c; ++c) {
                        const size_t from = static_cast<size_t>(output_offset + c);
                        if ((mask.integers[from] & bit) != 0)
                          dx[image.offset(n, row, column) + c] = dy.real[from] / static_cast<Real>(cells.count());
                      }
                    }
                  }
                });
}

}  // namespace

const Op kReluAvgPoolGrad = {
    .name = "relu_avg_pool_grad",
    .doc =
        "The gradient of relu_avg_pool: each dy[n, i, j, c] / cells goes to the cells of its window whose bit in mask "
        "is set. dy is f32 [n, h', w', c], mask relu_avg_pool's second result, dx f32 [n, h, w, c] with [h, w] = "
        "input_size.",
    .operands = {"dy", "mask"},
    .results = {"dx"},
    .attributes = With(PoolAttributes(), InputSizeAttribute()),
    .infer = Infer,
    .flops = Flops,
    .not_differentiable = "second derivatives are not supported",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kWindowGrad,
    .cost = 2,
};

}  // namespace brine::ir
