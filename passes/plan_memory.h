// PlanMemory: gives every value outside kernels a place; the stage becomes *planned*.
//
//   %p = kernel(…) : f32[n,15,15,32]   ⟹   %p = kernel(…) : f32[n,15,15,32] @arena+4096
//
// Inputs, states and constants have blocks of their own, in the graph's order, each at a multiple of 64.  Parameters
// are alone in theirs, so that one kernel can update all of them from their gradients.  Frozen weights and statistics
// share a block; so do slots and averages.  A parameter's gradient has the parameter's offset in the block of
// gradients.  Outputs have a block.  A state's new value overwrites the state.
// All other values are transient and share the arena: values that are live at the same time do not overlap, but a
// kernel may overwrite an input that is not read later, if kernel_query.h allows it.  A view has the place of its
// value.
// Needs a batch size, from which sizes are computed.  Runs after fuse.
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
  int64_t arena_bound_bytes = 0;  // the largest sum of live bytes: no plan for this order of kernels needs less

  int64_t arena_bytes() const { return block_bytes[static_cast<size_t>(ir::Block::kArena)]; }
};

MemoryReport ReportMemory(const ir::Graph& planned);

}  // namespace brine::passes

#endif  // BRINE_PASSES_PLAN_MEMORY_H_
