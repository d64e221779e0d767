// The gradient of a convolution's weights, from the gradient of its result where most of that is zero.
//
// In memory the taps of a row of the kernel times the channels are one run of floats, kw·C long, at every position: an
// element of the gradient adds itself times kh runs of x to its filter's sums.  A run is cut into vectors, the last one
// shifted inwards; as many of them as registers can hold stay there while a filter's elements of one image are walked.
//
// Where the whole kernel is short, as over the three channels of a first layer, the taps under each pixel are copied
// behind each other first: fewer vectors an element, all of them aligned.
//
// A task is a block of filters over a part of the batch.  Each part has sums of its own, which are added in order at
// the end, so that the result does not depend on who computed what.
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
