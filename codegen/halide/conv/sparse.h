// Convolutions of images many of whose elements are zero, forward and as the gradient of the input: only the others are
// multiplied.
//
// The channels of each pixel that are not zero are listed.  Then, for one tap of the kernel after another, the results
// of a chunk of lines walk the lists of the pixels under that tap: one row of the tap's weights, as many vectors of
// filters as registers hold, for each entry.  The weights of a tap and the sums of a chunk share the first-level cache.
//
// A walk loads a vector for each multiply-add, so where nothing is zero this takes longer than a dense convolution.
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
