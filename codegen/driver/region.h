// A kernel as the worker and the cache see it: a small graph of its own in canonical form.
#ifndef BRINE_CODEGEN_DRIVER_REGION_H_
#define BRINE_CODEGEN_DRIVER_REGION_H_

#include <cstdint>
#include <vector>

#include "ir/graph.h"

namespace brine::codegen {

// The graph that contains only `kernel`, a kernel of `graph`, or a plain node, which becomes a kernel of one op.
// Values are named v0, v1, … in the order inputs, outputs, others; locations, planned places and scratch are dropped.
// Kernels that compute the same have the same text.
//
// An update is elementwise, so an update of vectors has n elements in its canonical form: its code is the same for all
// lengths.
ir::Graph CanonicalRegion(const ir::Graph& graph, const ir::Node& kernel);

// The length of the vectors of an update of one range, which is n in its canonical form; 0 for any other kernel.
int64_t UpdateLength(const ir::Graph& graph, const ir::Node& kernel);

// The work of the kernel relative to the canonical region's full batch: 1, but for an update of vectors their length
// over that batch.
double BatchesOf(const ir::Graph& graph, const ir::Node& kernel);

// The arguments of the compiled kernel: each input once, then the outputs.
std::vector<ir::ValueId> KernelArguments(const ir::Node& kernel);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_REGION_H_
