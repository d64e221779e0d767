// The weight gradient of a convolution with few filters, which would not fill a vector:
//   dw[a, b, c, f] = Σ over n, y, x of image[n, y + a·dilation, x + b·dilation, c] · dy[n, y, x, f]
// The lanes of a vector are adjacent pixels of a row.  A task copies some rows of an image into planes, one for each
// channel and for each filter, in which adjacent pixels are contiguous.  A register tile is the taps of a row of the
// kernel by some filters; its lanes are added up at the end.
#ifndef BRINE_CODEGEN_HALIDE_CONV_PIXEL_WEIGHT_GRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_PIXEL_WEIGHT_GRAD_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *pixels*, the weight gradient.
std::string CanPixelWeightGrad(const KernelSpec& spec, const Machine& machine);
Work CostPixelWeightGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildPixelWeightGrad(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_PIXEL_WEIGHT_GRAD_H_
