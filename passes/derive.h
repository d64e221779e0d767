// Derive: makes the initial graph of train, evaluate or predict from a model's graph.
//
// The result computes what the model computes; its stage is *train* and its function the given one.  Specialize and
// later passes turn it into what that function needs.  Every state of the model stays, even if the function does not
// read it, so that states have the same places in all three functions.
// Declines: a graph that is not a model, batch sizes below 1 or with which a tensor would be too large, and, for train
// and evaluate, a model without Compile().
#ifndef BRINE_PASSES_DERIVE_H_
#define BRINE_PASSES_DERIVE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<ir::Graph> Derive(const ir::Graph& model, ir::Function function, int64_t batch_size);

}  // namespace brine::passes

#endif  // BRINE_PASSES_DERIVE_H_
