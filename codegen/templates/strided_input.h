// The data gradient of a convolution with strides, where every pixel of the result has a gradient.
#ifndef BRINE_CODEGEN_TEMPLATES_STRIDED_INPUT_H_
#define BRINE_CODEGEN_TEMPLATES_STRIDED_INPUT_H_

#include <functional>

#include "codegen/templates/frame.h"

namespace brine::codegen {

bool FitsStridedInput(const Window& window, const ir::Attributes& attributes, int channels, const Machine& machine);

// out[n, i, j, c] = epilogue(Σ over a, b, f of dy[n, (i + pad − a) / stride, (j + …) / …, f] · w[a, b, c, f], where the
// divisions leave no rest), for a result of `shape`; scheduled.
Halide::Func StridedInput(Frame& frame, const Tensor& dy, const Tensor& w, const Window& window, const ir::Shape& shape,
                          const std::function<Halide::Expr(const Picture& at, const Halide::Expr& sum)>& epilogue);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_STRIDED_INPUT_H_
