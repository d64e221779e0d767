// What the kernels of a step move from and to memory, and what that is predicted to cost.  It depends on the plan of
// memory and on what ran before, so that equal kernels may differ in it, and not on the strategy.
#ifndef BRINE_CODEGEN_DRIVER_MOVEMENT_H_
#define BRINE_CODEGEN_DRIVER_MOVEMENT_H_

#include <cstdint>
#include <vector>

#include "codegen/driver/machine.h"
#include "ir/graph.h"

namespace brine::codegen {

struct Movement {
  int64_t near = 0;     // bytes that are read from or written to places that the shared cache has
  int64_t read = 0;     // from other places
  int64_t written = 0;  // to other places
};

// The movement of each node of the graph, for its batch size.  A place is in the cache if it has been touched in this
// step or in the step before, and the kernels from that one on, the one that touched it included, have moved at most
// `cache_bytes` bytes.  In a graph without a plan, none is.
std::vector<Movement> FindMovements(const ir::Graph& graph, int64_t cache_bytes);

// The time of one core.
double MovementMilliseconds(const Movement& movement, const Machine& machine);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_MOVEMENT_H_
