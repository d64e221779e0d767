// The weight gradient of a convolution with a 3×3 or 5×5 kernel by Winograd's algorithm F(3×3, 4×4) or F(5×5, 2×2):
//   dw = Aᵀ · [ Σ over tiles of (G·dy·Gᵀ) ∘ (Bᵀ·x·B) ] · A     with the matrices of Transforms
// A tile of 4×4 gradients dy and the 6×6 pixels of x under it give the 3×3 taps with 36 products instead of 144; of 2×2
// gradients, the 5×5 taps with 36 instead of 100.  The products are summed over all tiles before the inverse transform,
// which is therefore computed once for the batch.
//
// The images of one group after another are transformed.  Then each of the 36 points is a matrix product, [channels,
// tiles] · [tiles, filters], and these products are the tasks.
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_WEIGHT_GRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_WEIGHT_GRAD_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *winograd*, the weight gradient.
std::string CanWinogradWeightGrad(const KernelSpec& spec, const Machine& machine);
Work CostWinogradWeightGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildWinogradWeightGrad(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_WEIGHT_GRAD_H_
