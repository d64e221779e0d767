// Convolutions and input gradients of convolutions with few results per pixel, which would not fill a vector:
//   y[n, i, j, f] = Σ over a, b, c of image[n, i + a·dilation, j + b·dilation, c] · w[a, b, c, f]
// The lanes of a vector are adjacent pixels of a row.  A task copies the rows of the image that it reads into planes,
// one for each channel, in which adjacent pixels are contiguous.  A register tile is some vectors of pixels by some
// filters.
#ifndef BRINE_CODEGEN_HALIDE_CONV_PIXELS_H_
#define BRINE_CODEGEN_HALIDE_CONV_PIXELS_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// What both strategies of vectors of pixels share.

inline constexpr int kOperandRegisters = 4;       // of a register tile, for the operands of a product
inline constexpr double kPixelUtilization = 0.7;  // of the peak, which their tiles reach

// The most bytes of the planes of a task, which lie on its stack; kernel.cc allows 1 MB for everything.
inline constexpr int64_t kMaxPlaneBytes = 768 << 10;

// The pixel of channel `channel` at row y and column x of image n, or 0 outside the image.
Halide::Expr PixelOrZero(const Tensor& image, const Halide::Expr& n, const Halide::Expr& y, const Halide::Expr& x,
                         const Halide::Expr& channel);

// *pixels*, the forward convolution and the input gradient.
std::string CanPixels(const KernelSpec& spec, const Machine& machine);
Work CostPixels(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildPixels(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_PIXELS_H_
