#include <cmath>

#include "ir/gradient.h"
#include "ir/ops/pool_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/window.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  BRINE_ASSIGN_OR_RETURN(const Shape shape, InferPool(types));
  return std::vector<Type>{{DType::kF32, shape}, {ArgmaxDType(types.attributes), shape}};
}

// dx = max_pool_grad(dy, index)
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0) || builder.output_gradient() == kNoValue) return absl::OkStatus();
  const Attributes attributes = WithInputSize(builder.attributes(), builder.type(builder.input(0)));
  builder.SetInputGradient(0, builder.Emit(kMaxPoolGrad, {builder.output_gradient(), builder.output(1)}, attributes));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Grid<Real> x(evaluation.in(0));
  const int64_t across = evaluation.attributes.Ints("window")[1];
  Tensor<Real>&y = evaluation.out(0), &index = evaluation.out(1);
  ForEachWindow(evaluation.attributes, evaluation.in(0).dims, y.dims,
                [&](int64_t n, int64_t output_offset, const Cells& cells) {
                  Real* best = &y.real[static_cast<size_t>(output_offset)];
                  int64_t* argmax = &index.integers[static_cast<size_t>(output_offset)];
                  for (int64_t row = cells.top; row < cells.bottom; ++row) {
                    for (int64_t column = cells.left; column < cells.right; ++column) {
                      const Real* pixel = x.data + x.offset(n, row, column);
                      const int64_t cell = (row - cells.first_row) * across + column - cells.first_column;
                      const bool first = row == cells.top && column == cells.left;
                      for (int64_t c = 0; c < x.c; ++c) {
                        // A comparison with NaN is false, so that the first NaN replaces any number and is not
                        // replaced itself.
                        if (!first && (std::isnan(best[c]) || pixel[c] <= best[c])) continue;
                        best[c] = pixel[c];
                        argmax[c] = cell;
                      }
                    }
                  }
                });
}

}  // namespace

const Op kMaxPool = {
    .name = "max_pool",
    .doc =
        "y[n, i, j, c] = the largest x[n, i·s + a − top, j·s + b − left, c] over the window's cells (a, b) that lie "
        "inside x; index = a·width + b of that cell, the first of equals in row order. In the interpreter the first "
        "NaN wins; a kernel may pass NaN over. x is f32 [n, h, w, c]; y f32 and index, u8 for windows of at most 256 "
        "cells, else i32, are [n, h', w', c].",
    .operands = {"x"},
    .results = {"y", "index"},
    .attributes = PoolAttributes(),
    .infer = Infer,
    .flops = PoolFlops,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kWindow,
    .picks_maximum = true,
};

}  // namespace brine::ir
