// Convolutions with 3×3 kernels by Winograd's algorithm, forward and as the gradient of the input: fewer products, on
// tiles of the image that are transformed first.
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_

#include <string>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// Kernels of 3×3 without strides, dilations and groups: what all of Winograd's strategies need.
std::string NeedsWinogradKernel(const ConvProblem& problem);

// In two dimensions sums of transformed terms round more than those of the definition: by less than the bound that all
// kernels are held to where there are many terms.
std::string NeedsManyTerms(const ConvProblem& problem);

std::string CanWinograd(const KernelSpec& spec, const Machine& machine);
Work CostWinograd(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildWinograd(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_H_
