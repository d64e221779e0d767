// Questions about a kernel's body: what it computes, how many bytes it moves, and which inputs it may overwrite.
#ifndef BRINE_PASSES_KERNEL_QUERY_H_
#define BRINE_PASSES_KERNEL_QUERY_H_

#include <cstdint>

#include "ir/graph.h"

namespace brine::passes {

// Floating-point operations of a kernel for `rows` rows; for kernels that skip zeros, the dense upper bound.
int64_t KernelFlops(const ir::Graph& graph, const ir::Node& kernel, int64_t rows);

// The bytes that a kernel reads and writes outside itself, for the graph's batch size.
int64_t KernelBytes(const ir::Graph& graph, const ir::Node& kernel);

// Whether a node of a kernel's body reads exactly the element of `input` that it writes.
bool ReadsPointwise(const ir::Graph& graph, const ir::Node& node, ir::ValueId input);

// Whether `output` may overwrite the bytes of `input`: all ops of the kernel are elementwise, and every node that
// depends on the input reads, for each element, only that element of it.
bool MayAlias(const ir::Graph& graph, const ir::Node& kernel, ir::ValueId input, ir::ValueId output);

}  // namespace brine::passes

#endif  // BRINE_PASSES_KERNEL_QUERY_H_
