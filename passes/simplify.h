// Simplify: equations that remove nodes.
//
//   x + 0 = x    x − 0 = x    x·1 = x    x / 1 = x    −(−x) = x      where the result has x's type
//   reshape(reshape(x)) = reshape(x)          reshape(x) = x          to x's own shape
//   broadcast(x) = x                          to x's own shape
//   broadcast(reshape(x)) = broadcast(x)      where the reshape adds or removes leading axes of extent 1 only
//   f(a, broadcast(x)) = f(a, x)              f = add, sub, mul, div, where a alone has the result's shape; also for
//   the left operand Σ pool_grad(dy) = Σ dy                    over axes 1, 2 and perhaps others: every dy goes to
//   cells of its own picture, undivided relu_grad(reshape(dy), y) = reshape(relu_grad(dy, reshape(y)))      so that the
//   mask follows the product that makes dy
//
// Declines at constants whose elements differ.  What nobody reads any more is left to dce.
// Runs after autodiff, whose rules write gradients in general, and after fold-constants.
#ifndef BRINE_PASSES_SIMPLIFY_H_
#define BRINE_PASSES_SIMPLIFY_H_

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

absl::StatusOr<bool> Simplify(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_SIMPLIFY_H_
