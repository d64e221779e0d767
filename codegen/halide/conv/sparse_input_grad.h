// The input gradient of a convolution whose result has a gradient dy with many zeros:
//   dx[n, i·stride + a, j·stride + b, :] += dy[n, i, j, f] · w[a, b, :, f]
// for each nonzero dy[n, i, j, f] and all taps a, b.
//
// If a max-pool follows the convolution, only the argmax of each window of the pool has a gradient.  So for each cell
// of each window, the filters whose argmax is this cell are listed.  Without a pool, every pixel is a window of one
// cell, whose list has the filters with a nonzero gradient.
//
// For one vector of channels at a time, the patch of pixels that one row of a window reaches through some rows of taps,
// as many as the registers allow, stays in registers while the lists of the row's cells are iterated over.  The patch
// is then added to the gradient of the image for those channels, which lies on the task's stack.
#ifndef BRINE_CODEGEN_HALIDE_CONV_SPARSE_INPUT_GRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_SPARSE_INPUT_GRAD_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *sparse*, the input gradient.
std::string CanSparseInputGrad(const KernelSpec& spec, const Machine& machine);
Work CostSparseInputGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparseInputGrad(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_SPARSE_INPUT_GRAD_H_
