// A kernel as the worker and the cache see it: as a small graph of its own, in canonical form.
#ifndef BRINE_CODEGEN_DRIVER_REGION_H_
#define BRINE_CODEGEN_DRIVER_REGION_H_

#include <cstdint>
#include <vector>

#include "ir/graph.h"

namespace brine::codegen {

// The graph that contains only `kernel`, a node of `graph`.  A plain node becomes a kernel of one op.  Values are named
// v0, v1, … in the order inputs, outputs, others; locations, planned places and scratch are dropped.  So kernels that
// compute the same have the same text.
//
// An update is elementwise.  If it updates vectors, their length is n in the canonical form, so its code is the same
// for all lengths.
ir::Graph CanonicalRegion(const ir::Graph& graph, const ir::Node& kernel);

// The length of the vectors of an update, which is n in its canonical form; 0 for any other kernel.
int64_t UpdateLength(const ir::Graph& graph, const ir::Node& kernel);

// The work of `kernel` in batches of its canonical region: 1, or, for an update of vectors, their length over the batch
// size of that region.
double BatchesOf(const ir::Graph& graph, const ir::Node& kernel);

// The arguments of the compiled kernel: each input once, in the order of its first use, then the outputs.
std::vector<ir::ValueId> KernelArguments(const ir::Node& kernel);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_REGION_H_
