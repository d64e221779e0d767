// Canonicalize: the form in which later passes, and the gradients, want the graph.
//
//   max_pool(f(x)) = f(max_pool(x))      f = relu, sigmoid, tanh, which are monotone: the winner is the same, f costs a
//   quarter, and its
//                                        gradient reads pooled values.  Declines when f(x) has another reader or the
//                                        index has one.
//   avg_pool(relu(x)) = relu_avg_pool(x) a bit a cell is all that the gradient needs of x, and the full picture need
//   not be stored.  Where
//                                        relu has no other reader and the windows are those that relu_avg_pool takes.
//   f(constant, x) = f(x, constant)      f = add, mul
//   f(a, b) = f(b, a)                    f = add, mul, where b alone has the result's shape
//
// Runs before autodiff, so that gradients need not be rewritten.
#ifndef BRINE_PASSES_CANONICALIZE_H_
#define BRINE_PASSES_CANONICALIZE_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Canonicalize(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_CANONICALIZE_H_
