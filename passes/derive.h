// Derive: makes the initial graph of one of a model's three functions, train, evaluate or predict.
//
// The result is the graph of the model with the stage *train*, the given function and the batch size, the largest n.
// Specialize and later passes turn it into what the function needs.  Every state of the model stays, even if the
// function does not read it, so that states have the same placements in all three functions.
// Errors: a graph whose stage is not *graph*; the function kModel; a batch size below 1, or one with which a tensor
// would be too large; and, for train and evaluate, a model without Compile().
#ifndef BRINE_PASSES_DERIVE_H_
#define BRINE_PASSES_DERIVE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<ir::Graph> Derive(const ir::Graph& model, ir::Function function, int64_t batch_size);

}  // namespace brine::passes

#endif  // BRINE_PASSES_DERIVE_H_
