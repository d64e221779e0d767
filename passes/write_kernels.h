// The second half of fuse: groups of nodes become kernels.
#ifndef BRINE_PASSES_WRITE_KERNELS_H_
#define BRINE_PASSES_WRITE_KERNELS_H_

#include "ir/graph.h"
#include "passes/edit.h"
#include "passes/partition.h"

namespace brine::passes {

// Replaces the nodes of each group by one kernel, in an order in which each kernel follows those whose values it reads,
// and the updates of states come last.  A view or a constant that is a group of its own stays a node; a constant of one
// number is copied into the kernels that read it.  A group whose results nothing reads is dropped.  The graph's stage
// becomes *fused*.
void WriteKernels(ir::Graph& graph, const Uses& uses, const Partition& partition);

}  // namespace brine::passes

#endif  // BRINE_PASSES_WRITE_KERNELS_H_
