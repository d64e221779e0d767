#include "ir/ops/pool_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/window.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type &dy = types.inputs[0], &index = types.inputs[1];
  BRINE_ASSIGN_OR_RETURN(Shape image, InferPoolGrad(types));
  BRINE_RETURN_IF_ERROR(ExpectType("index", index, {ArgmaxDType(types.attributes), dy.shape}));
  return std::vector<Type>{{DType::kF32, std::move(image)}};
}

int64_t Flops(const OpTypes& types, absl::Span<const Type>, int64_t rows) { return Elements(types.inputs[0], rows); }

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>&dy = evaluation.in(0), &index = evaluation.in(1);
  const Grid<Real> image(evaluation.out());
  const int64_t across = evaluation.attributes.Ints("window")[1];
  Real* dx = evaluation.out().real.data();
  ForEachWindow(evaluation.attributes, evaluation.out().dims, dy.dims,
                [&](int64_t n, int64_t output_offset, const Cells& cells) {
                  for (int64_t c = 0; c < image.c; ++c) {
                    const int64_t cell = index.integers[static_cast<size_t>(output_offset + c)];
                    const int64_t row = cells.first_row + cell / across, column = cells.first_column + cell % across;
                    if (row < cells.top || row >= cells.bottom || column < cells.left || column >= cells.right)
                      continue;
                    dx[image.offset(n, row, column) + c] += dy.real[static_cast<size_t>(output_offset + c)];
                  }
                });
}

}  // namespace

const Op kMaxPoolGrad = {
    .name = "max_pool_grad",
    .doc =
        "The gradient of max_pool: dx[n, i·s + a − top, j·s + b − left, c] = Σ of the dy[n, i, j, c] whose index is "
        "a·width + b; an index that names no cell inside x adds nothing. dy is f32 [n, h', w', c], index max_pool's "
        "second result, dx f32 [n, h, w, c] with [h, w] = input_size.",
    .operands = {"dy", "index"},
    .results = {"dx"},
    .attributes = With(PoolAttributes(), InputSizeAttribute()),
    .infer = Infer,
    .flops = Flops,
    .not_differentiable = "second derivatives are not supported",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kWindowGrad,
    .makes_zeros = true,
    .keeps_pixel_sums = true,
    .argmax_operand = 1,
};

}  // namespace brine::ir
