// Derive: a model's graph becomes the start of one of its three programs.
//
// The result computes what the model computes; its stage is *train* and its function the given one.
// Specialize and what follows turn it into what that function needs.  Every state of the model stays, also where the
// function does not read it, so that states lie at the same places in all three.
// Declines: a graph that is no model, batch sizes below 1, and, for train and evaluate, a model without Compile().
#ifndef BRINE_PASSES_DERIVE_H_
#define BRINE_PASSES_DERIVE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<ir::Graph> Derive(const ir::Graph& model, ir::Function function, int64_t batch_size);

}  // namespace brine::passes

#endif  // BRINE_PASSES_DERIVE_H_
