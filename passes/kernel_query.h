// What a kernel costs and which of its inputs it may overwrite, derived from its body.
#ifndef BRINE_PASSES_KERNEL_QUERY_H_
#define BRINE_PASSES_KERNEL_QUERY_H_

#include <cstdint>

#include "ir/graph.h"

namespace brine::passes {

// The floating-point operations of a kernel for `rows` rows, including those that a kernel skips because an operand is
// 0. INT64_MAX instead of a larger number.
int64_t KernelFlops(const ir::Graph& graph, const ir::Node& kernel, int64_t rows);

// The bytes of all inputs and outputs of a kernel, each counted once, for the graph's batch size.
int64_t KernelBytes(const ir::Graph& graph, const ir::Node& kernel);

// Whether, for each element that the node computes, it reads only the element of `input` at the same position.
bool ReadsPointwise(const ir::Graph& graph, const ir::Node& node, ir::ValueId input);

// Whether `output` may have the bytes of `input`, so that the kernel overwrites the input.  This is so if the types are
// equal, all ops of the kernel are elementwise, every node that depends on the input reads, for each element, only what
// was computed from the element of the input at the same position, and no other output of the kernel depends on the
// input: a loop stores one output after another, and may load the input again for each.
bool MayAlias(const ir::Graph& graph, const ir::Node& kernel, ir::ValueId input, ir::ValueId output);

}  // namespace brine::passes

#endif  // BRINE_PASSES_KERNEL_QUERY_H_
