// The weight gradient of a convolution with a 3×3 kernel by Winograd's algorithm.
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_WEIGHT_GRAD_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_WEIGHT_GRAD_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

std::string CanWinogradWeightGrad(const KernelSpec& spec, const Machine& machine);
Work CostWinogradWeightGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildWinogradWeightGrad(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_WEIGHT_GRAD_H_
