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

// *pixels*, the forward convolution and the input gradient.
std::string CanPixels(const KernelSpec& spec, const Machine& machine);
Work CostPixels(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildPixels(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_PIXELS_H_
