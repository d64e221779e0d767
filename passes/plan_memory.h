// PlanMemory: every value outside kernels gets its place; the stage becomes *planned*.
//
//   %p = kernel(…) : f32[n,15,15,32]   ⟹   %p = kernel(…) : f32[n,15,15,32] @arena+4096
//
// Inputs, states and constants lie in blocks of their own, in the graph's order, each at a multiple of 64: parameters
// alone, so that one kernel can walk them beside their gradients; frozen weights and statistics; slots and averages.
// A parameter's gradient lies at the parameter's offset in the block of gradients; outputs in theirs; a state's new
// value where the state lies. Everything else is transient and shares the arena: values alive at the same time do not
// overlap, but a kernel may write over an input that nobody reads later where regions.h allows it.  A view lies where
// its value lies. Needs a batch size, for which sizes are computed.  Runs after fuse.
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
