#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

// dx[n, i, j, c] = Σ over the windows that contain (i, j) of dy / the window's number of cells inside the image.
Lowered LowerAvgPoolGrad(const LoweringContext& context) {
  const Tensor& dy = context.in[0];
  return MakeWindowGradient(context,
                            [&](const Index& at, const Halide::Expr&, const Halide::Expr&, const Window& window) {
                              return dy(at) / CellsInside(window, context.out[0], at[1], at[2]);
                            });
}

}  // namespace

const Algorithm kAvgPoolGrad = {&LowerAvgPoolGrad};

}  // namespace brine::codegen
