// A whole convolution by Winograd's algorithm: forward, with or without a pool behind it, or as the gradient of its
// data.
#ifndef BRINE_CODEGEN_TEMPLATES_WINOGRAD_CONV_H_
#define BRINE_CODEGEN_TEMPLATES_WINOGRAD_CONV_H_

#include <functional>

#include "codegen/templates/winograd.h"

namespace brine::codegen {

// Whether a convolution of these attributes, with `channels` in and `filters` out, or its filter gradient, can be built
// so and gains by it.
bool FitsWinograd(const Window& window, const ir::Attributes& attributes, int channels, int filters);

// The same of WinogradConv with height × width sums.
bool FitsWinogradConv(const Window& window, const ir::Attributes& attributes, int height, int width, int channels,
                      int filters, const Machine& machine);

// The convolution at row and column (dy, dx) of the window that belongs to the element of the result.
using WindowSum = std::function<Halide::Expr(int dy, int dx)>;

// out[n, i, j, f] = results(at, sum), of the shape given, from windows of window × window sums (1 where no pool stands
// behind), where the sum at [n, i, j, f] is Σ over a, b, c of picture[n, i + a − before[0], j + b − before[1], c] ·
// weight(a, b, c, f), with 0 outside the picture. Scheduled.
Halide::Func WinogradConv(
    Frame& frame, const Tensor& picture, const int before[2], const Winograd::Weight& weight, int channels,
    const ir::Shape& shape, int window,
    const std::function<std::vector<Halide::Expr>(const Picture& at, const WindowSum& sum)>& results);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_WINOGRAD_CONV_H_
