// The strategy that can build any kernel, from the algorithms of its ops and the schedules that fit all loop nests.
#ifndef BRINE_CODEGEN_HALIDE_LOOP_GENERIC_H_
#define BRINE_CODEGEN_HALIDE_LOOP_GENERIC_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

std::string CanGeneric(const KernelSpec& spec, const Machine& machine);
Work CostGeneric(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildGeneric(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_LOOP_GENERIC_H_
