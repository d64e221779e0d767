// *generic*, the strategy that can build any kernel, and *generic-split-depth*.  Each group of stored values
// (grouping.h) is one loop nest, with a schedule of schedule.h; every other value is computed inside the loops that
// read it.
#ifndef BRINE_CODEGEN_HALIDE_LOOP_GENERIC_H_
#define BRINE_CODEGEN_HALIDE_LOOP_GENERIC_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *generic*, for any kernel.
std::string CanGeneric(const KernelSpec& spec, const Machine& machine);
Work CostGeneric(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildGeneric(KernelBuilder& builder);

// *generic-split-depth*, for any kernel with a product y = a·b of two matrices: the sums of such a product are cut into
// parts along the depth.
std::string CanGenericSplitDepth(const KernelSpec& spec, const Machine& machine);
Work CostGenericSplitDepth(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildGenericSplitDepth(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_LOOP_GENERIC_H_
