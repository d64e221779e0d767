// Convolutions with 3×3 kernels over few channels, as a first layer has them, by Winograd's algorithm along the rows of
// the image alone.
//
// Over three channels the transforms of whole tiles cost as much as their products save.  Along one axis, four results
// from six points, they are ten additions for 54 products where the definition takes 108, and all sums of a tile stay
// in registers until they are transformed.
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_ROWS_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_ROWS_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

std::string CanWinogradRows(const KernelSpec& spec, const Machine& machine);
Work CostWinogradRows(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildWinogradRows(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_ROWS_H_
