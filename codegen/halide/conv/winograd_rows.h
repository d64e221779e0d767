// Convolutions with 3×3 kernels over few channels, such as those of first layers, by Winograd's algorithm F(4, 3) along
// the rows of the image only:
//   y[i, j … j + 3, f] = Aᵀ · Σ over tap rows a and channels c of (G · w[a, :, c, f]) ∘ (Bᵀ · x[i + a, j … j + 5, c])
//
// Over few channels, the transforms of two-dimensional tiles cost as much as they save.  Along rows, four results have
// six points.  Over three channels they take 54 products instead of 108, and ten additions for the inverse transform.
// All sums of a tile stay in registers until they are transformed.
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_ROWS_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_ROWS_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *winograd-rows*, the forward convolution.
std::string CanWinogradRows(const KernelSpec& spec, const Machine& machine);
Work CostWinogradRows(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildWinogradRows(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_ROWS_H_
