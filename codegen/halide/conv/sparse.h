// Convolutions of images with many zeros, forward and as the input gradient: only the nonzero elements are multiplied.
//
// For each pixel, the nonzero channels are listed.  Then, one tap of the kernel after another, the sums of a chunk of
// rows iterate over the lists of the pixels under that tap.  Each entry multiplies one row of the tap's weights, for as
// many vectors of filters as the registers hold.  The weights of a tap and the sums of a chunk share the first-level
// cache.
//
// Each multiply-add loads a vector, so this takes longer than a dense convolution when few elements are zero.
#ifndef BRINE_CODEGEN_HALIDE_CONV_SPARSE_H_
#define BRINE_CODEGEN_HALIDE_CONV_SPARSE_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

std::string CanSparseConv(const KernelSpec& spec, const Machine& machine);
Work CostSparseConv(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparseConv(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_SPARSE_H_
