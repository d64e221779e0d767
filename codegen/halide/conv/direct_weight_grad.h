// The weight gradient of a convolution, for a dy without known zeros:
//   dw[a, t, f] = Σ over n, y, x of image[n, y·stride + a·dilation, x·stride·C + t] · dy[n, y, x, f]
// image[n, row, i] is a row of x with its border as one sequence of floats.  t counts the elements of a run: the taps
// of a row of the kernel times the C channels, which are contiguous in memory at every pixel.
//
// With several groups, a run has the taps of a row, or one tap, times the channels of a group.
//
// A register tile is some vectors of filters by some elements of the run.  It sums over a few rows of an image and is
// then added to the sums of its part of the batch, so that those rows of x and dy stay in the nearest caches while all
// tiles use them.
#ifndef BRINE_CODEGEN_HALIDE_CONV_DIRECT_WEIGHT_GRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_DIRECT_WEIGHT_GRAD_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *direct*, the weight gradient.
std::string CanDirectWeightGrad(const KernelSpec& spec, const Machine& machine);
Work CostDirectWeightGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirectWeightGrad(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_DIRECT_WEIGHT_GRAD_H_
