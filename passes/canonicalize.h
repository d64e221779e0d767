// Canonicalize: brings the graph into the form that the gradients and later passes expect.
//
//   pool-first              max_pool(f(x)) = f(max_pool(x)), for monotone f, where nothing else reads f(x) or the index
//   mean-of-relu            avg_pool(relu(x)) = relu_avg_pool(x), where nothing else reads relu(x)
//   pad-before-convolution  conv(pad(x), w) = conv(x, w) with larger pads, for pads of pixels that a
//                           window exceeds
//   operand-order           f(a, b) = f(b, a), for commutative f, where b alone has the result's shape or a alone is
//                           constant
//
// pool-first does not change which cell is the maximum.  After it, f is computed for pooled values only, a quarter as
// many with windows of 2×2, and so is the gradient of f.  After mean-of-relu, the gradient needs only one bit for each
// element of x, so that x need not be stored; the rule declines windows that relu_avg_pool does not support.  Runs
// before autodiff, so that the gradients are those of the rewritten nodes.
#ifndef BRINE_PASSES_CANONICALIZE_H_
#define BRINE_PASSES_CANONICALIZE_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ir/graph.h"
#include "passes/rewrite_rules.h"

namespace brine::passes {

absl::Span<const RewriteRule> CanonicalizeRules();  // the table above

absl::StatusOr<bool> Canonicalize(ir::Graph& graph);

}  // namespace brine::passes

#endif  // BRINE_PASSES_CANONICALIZE_H_
