// The input gradient of a convolution whose result has a gradient with many zeros.
//
// The windows of a pool do not overlap, and for each filter one cell of a window, the argmax, has a gradient.  So for
// each cell of each window the filters that have it as their argmax are listed.  For one vector of channels, the pixels
// that the cells of one row of the window reach stay in registers while these lists are iterated over.  They are then
// added to the gradient of the image for those channels, which lies on the task's stack.
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
