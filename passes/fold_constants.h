// FoldConstants: replaces a node whose inputs are all constants by a constant, which the reference interpreter computes
// in double.
//
//   f(constant, …) = constant
//
// If all elements are equal, they become one number.  Declines: results of more than 1,024 elements, where a table
// costs more than the work; ops with several results; results that are not finite.  Runs after autodiff, whose rules
// make such nodes.
#ifndef BRINE_PASSES_FOLD_CONSTANTS_H_
#define BRINE_PASSES_FOLD_CONSTANTS_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> FoldConstants(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_FOLD_CONSTANTS_H_
