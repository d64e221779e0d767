// Convolutions with 3×3 kernels over few channels, such as first layers, by Winograd's algorithm along the rows of the
// image only.
//
// Over three channels, transforms of two-dimensional tiles cost as much as they save.  Along one axis, with four
// results from six points, ten additions reduce 108 products to 54, and all sums of a tile stay in registers until they
// are transformed.
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
