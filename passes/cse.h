// Cse: nodes of the same op with the same inputs and attributes become one.
//
//   y = f(x), z = f(x)   ⟹   z = y
//
// Random nodes differ in their attribute id, so that they are never merged.  The node that remains gets the locations
// of both.
// Runs after simplify, which makes more nodes equal.
#ifndef BRINE_PASSES_CSE_H_
#define BRINE_PASSES_CSE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Cse(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_CSE_H_
