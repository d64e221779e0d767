#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// dx[n, i, j, c] = Σ of dy over the windows whose argmax is (i, j).  The operands are dy and the argmax of each window.
Lowered LowerMaxPoolGrad(const LoweringContext& context) {
  const Tensor &dy = context.operands[0], &argmax = context.operands[1];
  return MakeWindowGradient(
      context, [&](const Index& window_index, const Expr& row, const Expr& column, const Window& window) {
        const Expr cell = row * window.size[1] + column;
        return Halide::select(Halide::cast<int>(argmax(window_index)) == cell, dy(window_index), 0.0f);
      });
}

}  // namespace

const Algorithm kMaxPoolGrad = {&LowerMaxPoolGrad};

}  // namespace brine::codegen
