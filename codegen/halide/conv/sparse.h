// Convolutions of an image with many zeros, as the forward convolution of x or as the input gradient of dy.  Only the
// nonzero elements of the image are multiplied:
//   sums(pixel, f) = Σ over taps t, and over the channels c that are nonzero at the pixel that `pixel` reads under t,
//                    of image(that pixel, c) · w(t, c, f)
//
// First, the nonzero channels of each pixel are listed.  Then the sums of a chunk of rows are computed, one tap of the
// kernel after another.  Under a tap, each pixel of the chunk iterates over one list.  Each entry of the list
// multiplies one row of the tap's weights, for as many vectors of filters as the registers hold.  So the weights of one
// tap and the sums of the chunk share the first-level cache.
//
// Each multiply-add loads a vector, so this takes longer than a dense convolution if few elements are zero.
#ifndef BRINE_CODEGEN_HALIDE_CONV_SPARSE_H_
#define BRINE_CODEGEN_HALIDE_CONV_SPARSE_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *sparse*, the forward convolution, and *sparse-taps*, the input gradient.
std::string CanSparseConv(const KernelSpec& spec, const Machine& machine);
Work CostSparseConv(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparseConv(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_SPARSE_H_
