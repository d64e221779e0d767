// A whole convolution by Winograd's algorithm, where no pool stands behind it: forward, or as the gradient of its data.
#ifndef BRINE_CODEGEN_TEMPLATES_WINOGRAD_CONV_H_
#define BRINE_CODEGEN_TEMPLATES_WINOGRAD_CONV_H_

#include <functional>

#include "codegen/templates/winograd.h"

namespace brine::codegen {

// Whether a convolution of these attributes, with `channels` in and `filters` out, can be built so and gains by it.
bool FitsWinograd(const Window& window, const ir::Attributes& attributes, int channels, int filters);

// out[n, i, j, f] = epilogue(Σ over a, b, c of picture[n, i + a − before[0], j + b − before[1], c] · weight(a, b, c, f)), with 0 outside the
// picture, for a result of `shape`; scheduled.
Halide::Func WinogradConv(Frame& frame, const Tensor& picture, const int before[2], const Winograd::Weight& weight, int channels, const ir::Shape& shape,
                          const std::function<Halide::Expr(const Picture& at, const Halide::Expr& sum)>& epilogue);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_WINOGRAD_CONV_H_
