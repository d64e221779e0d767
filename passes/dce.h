// Dce: removes nodes whose results are not read, and host inputs that no node reads.
//
// Data and labels stay, since the host provides them in any case, and states stay, since checkpoints contain them.  A
// scalar stays if an expression that is read reads it.  Values that nothing defines any more are removed, which
// renumbers the others.
// Runs after all other passes that rewrite nodes.
#ifndef BRINE_PASSES_DCE_H_
#define BRINE_PASSES_DCE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Dce(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_DCE_H_
