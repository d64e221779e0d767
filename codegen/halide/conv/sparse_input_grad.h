// The gradient of a convolution's input, from the gradient of its result where most of that is zero.
//
// The windows of a pool do not overlap, and of a window only one cell of each filter has a gradient.  So the filters of
// every window are listed by the cell that won; then, for one vector of channels, the pixels that the cells of one row
// of the window can reach stay in registers while those lists are walked, and are added to those channels' gradient of
// the image, which lies on the task's stack.
#ifndef BRINE_CODEGEN_HALIDE_CONV_SPARSE_INPUT_GRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_SPARSE_INPUT_GRAD_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

std::string CanSparseInputGrad(const KernelSpec& spec, const Machine& machine);
Work CostSparseInputGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparseInputGrad(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_SPARSE_INPUT_GRAD_H_
