// What a kernel computes, moves and may overwrite: questions about its body.
#ifndef BRINE_PASSES_KERNEL_QUERY_H_
#define BRINE_PASSES_KERNEL_QUERY_H_

#include <cstdint>

#include "ir/graph.h"

namespace brine::passes {

// Floating-point operations of a kernel for `rows` rows; of kernels that leave zeros out, the dense upper bound.
int64_t KernelFlops(const ir::Graph& graph, const ir::Node& kernel, int64_t rows);

// Bytes that a kernel reads and writes outside itself for the graph's batch size.
int64_t KernelBytes(const ir::Graph& graph, const ir::Node& kernel);

// Whether `output` may lie in the bytes of `input`: all ops of the kernel are elementwise, and whoever depends on the
// input reads, at each element, that element only.
bool MayAlias(const ir::Graph& graph, const ir::Node& kernel, ir::ValueId input, ir::ValueId output);

}  // namespace brine::passes

#endif  // BRINE_PASSES_KERNEL_QUERY_H_
