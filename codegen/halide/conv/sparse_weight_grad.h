// The weight gradient of a convolution whose result has a gradient dy with many zeros:
//   dw[a, t, f] += dy[n, i, j, f] · image[n, i·stride + a, j·stride·C + t]
// for each nonzero dy[n, i, j, f].
// image[n, row, i] is a row of x with its border as one sequence of floats.  t counts the elements of a run: the kw
// taps of a row of the kernel times the C channels, which are contiguous in memory at every pixel.
//
// A run is cut into vectors, the last of which is shifted inwards.  As many of the sums of one filter as the registers
// hold stay there while the nonzero elements of this filter are iterated over.
//
// If the whole kernel is short, as over the three channels of a first layer, the taps under each pixel are first copied
// into one contiguous run.  Then an element of dy needs fewer vectors, and all of them are aligned.
//
// A task is a block of filters over a part of the batch.  Each part has its own sums.  The parts are added in order at
// the end, so that the result does not depend on the number of threads.
#ifndef BRINE_CODEGEN_HALIDE_CONV_SPARSE_WEIGHT_GRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_SPARSE_WEIGHT_GRAD_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *sparse*, the weight gradient.
std::string CanSparseWeightGrad(const KernelSpec& spec, const Machine& machine);
Work CostSparseWeightGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparseWeightGrad(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_SPARSE_WEIGHT_GRAD_H_
