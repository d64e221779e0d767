// Dce: removes nodes whose results are not read, and host inputs that no node reads.
//
// Data, labels and states stay: the host feeds the former, and checkpoints hold the latter.  The scalars that a host
// expression names stay as long as the expression is read.  Runs last of the passes that rewrite nodes.
#ifndef BRINE_PASSES_DCE_H_
#define BRINE_PASSES_DCE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Dce(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_DCE_H_
