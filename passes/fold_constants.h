// FoldConstants: replaces a node whose inputs are all constants by a constant.  The interpreter computes it in double.
//
//   f(constant, …) = constant
//
// A constant whose elements are all equal stores one number.
// Declines: results of more than 1,024 elements, for which the table in the program would cost more than the work it
// saves; ops with several results; results that are not finite or do not fit their element type.
// Runs after autodiff, whose rules make such nodes.
#ifndef BRINE_PASSES_FOLD_CONSTANTS_H_
#define BRINE_PASSES_FOLD_CONSTANTS_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> FoldConstants(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_FOLD_CONSTANTS_H_
