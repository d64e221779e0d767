// Convolutions with 3×3 kernels by Winograd's algorithm in two dimensions, F(2×2, 3×3) or F(4×4, 3×3), as the forward
// convolution or the input gradient:
//   y = Aᵀ · [ Σ over channels of (G·w·Gᵀ) ∘ (Bᵀ·x·B) ] · A     for each tile of y, with the matrices of Transforms
// A tile of 4×4 results needs 6×6 products for each channel, a quarter of the 144 of the definition.  At each of the 36
// points, the sums over channels are a matrix product [filters, channels] · [channels, tiles].
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_

#include <string>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// Why the problem is not one for Winograd's strategies, as a clause; empty if it is.  They all need a 3×3 kernel
// without strides, dilations and groups.
std::string NeedsWinogradKernel(const ConvProblem& problem);

// In two dimensions, a sum of transformed terms has a larger rounding error than the sum of the definition.  If a sum
// has at least this many terms, the error is within the bound of all kernels.
inline constexpr int kMinWinogradTerms = 16;

inline constexpr double kTransformOperations = 6;  // for each point of a transform in two dimensions

// *winograd*, the forward convolution and the input gradient.
std::string CanWinograd(const KernelSpec& spec, const Machine& machine);
Work CostWinograd(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildWinograd(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_
