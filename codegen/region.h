// A kernel as the worker and the cache see it: its own small graph, in canonical form.
#ifndef BRINE_CODEGEN_REGION_H_
#define BRINE_CODEGEN_REGION_H_

#include <cstdint>
#include <vector>

#include "ir/graph.h"

namespace brine::codegen {

// The graph that holds only `kernel`, a kernel of `graph`, or a plain node, which becomes a kernel of one op.  Values
// are named v0, v1, … in the order inputs, outputs, others; locations, planned places and scratch are dropped.  Two
// kernels that do the same have the same text.
//
// An update goes element by element, so one of vectors has n elements: it is the same code for all lengths.
ir::Graph CanonicalRegion(const ir::Graph& graph, const ir::Node& kernel);

// The length of the vectors of an update of one range, which is n in its canonical form; 0 for any other kernel.
int64_t UpdateLength(const ir::Graph& graph, const ir::Node& kernel);

// How much of the canonical region's full batch the kernel computes: 1, but for an update of vectors their length over
// that batch.
double BatchesOf(const ir::Graph& graph, const ir::Node& kernel);

// What the compiled kernel is called with: each input once, then the outputs.
std::vector<ir::ValueId> KernelArguments(const ir::Node& kernel);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_REGION_H_
