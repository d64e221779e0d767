// The weight gradient of a convolution whose result has a gradient with many zeros.
//
// The taps of a row of the kernel times the channels are one contiguous run of floats, kw·C long, at every pixel of x:
// an element of the gradient, multiplied with kh runs of x, is added to the sums of its filter.  A run is cut into
// vectors, the last one shifted inwards.  As many of their sums as registers hold stay there while the elements of a
// filter in one image are iterated over.
//
// Where the whole kernel is short, over the three channels of a first layer for example, the taps under each pixel are
// copied into one contiguous run first.  Then an element needs fewer vectors, and all of them are aligned.
//
// A task is a block of filters over a part of the batch.  Each part has its own sums, and the parts are added in order
// at the end, so that the result does not depend on the threads.
#ifndef BRINE_CODEGEN_HALIDE_CONV_SPARSE_WEIGHT_GRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_SPARSE_WEIGHT_GRAD_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

std::string CanSparseWeightGrad(const KernelSpec& spec, const Machine& machine);
Work CostSparseWeightGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparseWeightGrad(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_SPARSE_WEIGHT_GRAD_H_
