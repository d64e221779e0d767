// Convolutions with 3×3 and 5×5 kernels by Winograd's algorithm in two dimensions, F(2×2, 3×3), F(4×4, 3×3) or
// F(2×2, 5×5), as the forward convolution or the input gradient:
//   y = Aᵀ · [ Σ over channels of (G·w·Gᵀ) ∘ (Bᵀ·x·B) ] · A     for each tile of y, with the matrices of Transforms
// For each channel, 4×4 results of 3×3 taps need 6×6 products, a quarter of the 144 of the definition, and 2×2 results
// of 5×5 taps need 36 of 100.  At each of the 36 points, the sums over channels are a matrix product [filters,
// channels] · [channels, tiles].
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_

#include <string>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// Why the problem is not one for Winograd's strategies in two dimensions, as a clause; empty if it is.  They need a
// kernel of 3×3 or 5×5 without strides and dilations.
std::string NeedsWinogradKernel(const ConvProblem& problem);

// In two dimensions, a sum of transformed terms has a larger rounding error than the sum of the definition.  If a sum
// has at least this many terms, the error is within the bound of all kernels.
inline constexpr int kMinWinogradTerms = 16;

inline constexpr double kTransformOperations = 6;  // for each point of a transform in two dimensions
inline constexpr double kGroupUtilization = 0.7;   // of the rate without groups: sums over a group's channels are short

// *winograd*, the forward convolution and the input gradient.
std::string CanWinograd(const KernelSpec& spec, const Machine& machine);
Work CostWinograd(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildWinograd(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_
