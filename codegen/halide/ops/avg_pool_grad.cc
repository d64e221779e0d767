#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

// dx[n, i, j, c] = Σ over the windows that contain (i, j) of dy / the window's number of cells inside the image.
Lowered LowerAvgPoolGrad(const LoweringContext& context) {
  const Tensor& dy = context.operands[0];
  return MakeWindowGradient(
      context, [&](const Index& window_index, const Halide::Expr&, const Halide::Expr&, const Window& window) {
        return dy(window_index) / CellsInside(window, context.result_types[0], window_index[1], window_index[2]);
      });
}

}  // namespace

const Algorithm kAvgPoolGrad = {&LowerAvgPoolGrad};

}  // namespace brine::codegen
