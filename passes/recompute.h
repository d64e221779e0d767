// Recompute: each reader computes a cheap elementwise value itself, instead of reading it from memory.
//
//   d = x − mean, y = f(d), z = g(d)   ⟹   y = f(x − mean), z = g(x − mean)
//
// The value has one operand x of its own shape, which is stored in any case, since an op that is not elementwise reads
// it, or since it is an input.  The other operands are smaller, such as a number for each channel.  So a reader moves
// no more bytes than before, and the value is neither written nor kept.
//
// Declines if a reader is neither elementwise nor a reduction, for these would compute the value several times.
// Runs after cse, which would merge the copies again.
#ifndef BRINE_PASSES_RECOMPUTE_H_
#define BRINE_PASSES_RECOMPUTE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Recompute(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_RECOMPUTE_H_
