#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// dx[n, i, j, c] = Σ of dy over the windows whose argmax is (i, j).
Lowered LowerMaxPoolGrad(const LoweringContext& context) {
  const Tensor &dy = context.in[0], &index = context.in[1];
  return MakeWindowGradient(context, [&](const Index& at, const Expr& row, const Expr& column, const Window& window) {
    const Expr cell = row * window.size[1] + column;
    return Halide::select(Halide::cast<int>(index(at)) == cell, dy(at), 0.0f);
  });
}

}  // namespace

const Algorithm kMaxPoolGrad = {&LowerMaxPoolGrad};

}  // namespace brine::codegen
