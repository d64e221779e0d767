// Convolutions with 3×3 kernels by Winograd's algorithm, forward and as the input gradient: tiles of the image are
// transformed first, and then need fewer products.
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_

#include <string>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// The kernel is 3×3 and has no strides, dilations or groups; all of Winograd's strategies need this.
std::string NeedsWinogradKernel(const ConvProblem& problem);

// In two dimensions, sums of transformed terms have a larger rounding error than those of the definition.  With this
// many terms it is less than the bound of all kernels.
inline constexpr int kMinWinogradTerms = 16;

std::string CanWinograd(const KernelSpec& spec, const Machine& machine);
Work CostWinograd(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildWinograd(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_
