// PlanMemory: gives every value outside the bodies of kernels a placement.  The stage becomes *planned*.
//
//   %p = kernel(…) : f32[n,15,15,32]   ⟹   %p = kernel(…) : f32[n,15,15,32] @arena+4096
//
// Every offset is a multiple of 64.  Inputs, states and constants are in blocks of their own (ir::BlockOf), in the
// graph's order.  The block of parameters has nothing else, and the gradient of a parameter has the parameter's offset
// in the block of gradients, so that one kernel can update all parameters from their gradients.  Frozen weights and
// statistics share a block, and so do slots and averages.  Outputs have a block.  The new content of a state has the
// placement of the state.  All other values are transient and share the arena.  Those that are live at the same time do
// not overlap, except that a kernel may overwrite an input that is not read later, if MayAlias (kernel_query.h) allows
// it.  A view has the placement of its value.
// Error: a graph without a batch size, from which sizes are computed.
// Runs after fuse.
#ifndef BRINE_PASSES_PLAN_MEMORY_H_
#define BRINE_PASSES_PLAN_MEMORY_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> PlanMemory(ir::Graph& graph);

struct MemoryReport {
  std::array<int64_t, ir::kBlockCount> block_bytes = {};  // by ir::Block
  int64_t arena_bound_bytes = 0;  // no plan for this order of kernels needs less: the largest sum of live bytes

  int64_t arena_bytes() const { return block_bytes[static_cast<size_t>(ir::Block::kArena)]; }
};

// The memory that a planned graph needs.
MemoryReport ReportMemory(const ir::Graph& planned);

}  // namespace brine::passes

#endif  // BRINE_PASSES_PLAN_MEMORY_H_
