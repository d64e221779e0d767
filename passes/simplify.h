// Simplify: equations that remove nodes, or move a node towards the one that makes its operand.
//
//   add-zero          x + 0 = 0 + x = x
//   sub-zero          x − 0 = x
//   mul-one           x·1 = 1·x = x
//   div-one           x / 1 = x
//   neg-neg           −(−x) = x
//   reshape-reshape   reshape(reshape(x)) = reshape(x)
//   reshape-same      reshape(x) = x, to x's own shape
//   broadcast-reshape broadcast(reshape(x)) = broadcast(x), where the reshape adds or removes leading axes of extent 1
//   broadcast-same    broadcast(x) = x, to x's own shape
//   concatenate-one   concatenate(x) = x
//   slice-same        slice(x) = x, to x's own shape
//   pad-same          pad(x) = x, to x's own shape
//   skip-broadcast    f(a, broadcast(x)) = f(a, x), for elementwise f with broadcasting, where the other operands give
//                     the result its shape
//   sum-of-pool-grad  Σ pool_grad(dy) = Σ dy, over axes 1, 2 and perhaps others: all of dy arrives in its own image
//   sum-of-scaled     Σ (x·s) = (Σ x)·s and Σ (x / s) = (Σ x) / s, where s is the same all along the summed axes
//   stop-gradient     stop_gradient(x) = x
//   mask-before-view  relu_grad(reshape(dy), y) = reshape(relu_grad(dy, reshape(y)))
//
// Declines if the sides have different types, and at constants whose elements differ.  Nodes that are no longer read
// are left to dce.  Runs after autodiff, whose rules write gradients in their general form, and after fold-constants.
#ifndef BRINE_PASSES_SIMPLIFY_H_
#define BRINE_PASSES_SIMPLIFY_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ir/graph.h"
#include "passes/rewrite_rules.h"

namespace brine::passes {

absl::Span<const RewriteRule> SimplifyRules();  // the table above

absl::StatusOr<bool> Simplify(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_SIMPLIFY_H_
