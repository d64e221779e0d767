// FoldConstants: a node whose inputs are all constants becomes a constant, computed by the reference interpreter in
// double.
//
//   f(constant, …) = constant
//
// Elements that are all equal become one number.  Declines at results of more than 1,024 elements, where a table costs
// more than the work, at ops with several results, and where a result is not finite. Runs after autodiff, whose rules
// leave such nodes.
#ifndef BRINE_PASSES_FOLD_CONSTANTS_H_
#define BRINE_PASSES_FOLD_CONSTANTS_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> FoldConstants(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_FOLD_CONSTANTS_H_
