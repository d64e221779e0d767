// The filter gradient of a convolution with a 3×3 kernel over many channels, by Winograd's algorithm.
#ifndef BRINE_CODEGEN_TEMPLATES_WINOGRAD_FILTER_H_
#define BRINE_CODEGEN_TEMPLATES_WINOGRAD_FILTER_H_

#include "codegen/templates/frame.h"

namespace brine::codegen {

// dw[a, b, c, f] = Σ over n, y, x of image[n, y + a, x + b, c] · dy[n, y, x, f] for a picture without pads, `before`
// rows and columns of which are a border.  Returns the scheduled Func.
Halide::Func WinogradFilter(Frame& frame, const Tensor& picture, const int before[2], const Tensor& dy);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_WINOGRAD_FILTER_H_
