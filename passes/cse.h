// Cse: nodes of the same op with the same inputs and attributes become one.
//
//   y = f(x), z = f(x)   ⟹   z = y
//
// Random nodes carry their id as an attribute and therefore stay apart.  The node that stays takes the locations of
// both. Runs after simplify, which makes more nodes equal.
#ifndef BRINE_PASSES_CSE_H_
#define BRINE_PASSES_CSE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Cse(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_CSE_H_
