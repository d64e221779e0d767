// Convolutions with 3×3 kernels over few channels, as a first layer has them, by Winograd's algorithm along the rows of
// the picture alone.
//
// Over three channels the transforms of whole tiles cost as much as their products save.  Along one axis, four results
// from six points, they are ten additions for 54 products where the definition takes 108, and all sums of a tile stay
// in registers until they are transformed.
#ifndef BRINE_CODEGEN_TEMPLATES_WINOGRAD_ROWS_H_
#define BRINE_CODEGEN_TEMPLATES_WINOGRAD_ROWS_H_

#include "codegen/templates/winograd_conv.h"

namespace brine::codegen {

// Whether a convolution of these attributes to height × width results can be built so, and gains by it.
bool FitsWinogradRows(const Window& window, const ir::Attributes& attributes, int channels, int filters, int height,
                      int width, const Machine& machine);

// As WinogradConv, for a picture that has its border already, windows of 1 × 1 or 2 × 2 sums, and `results` that depend
// on at.c only.
Halide::Func WinogradRows(
    const Tensor& image, const Winograd::Weight& weight, const ir::Shape& shape, int window,
    const std::function<std::vector<Halide::Expr>(const Picture& at, const WindowSum& sum)>& results,
    const Machine& machine);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_WINOGRAD_ROWS_H_
