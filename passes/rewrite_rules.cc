#include "passes/rewrite_rules.h"

namespace brine::passes {

bool ApplyRules(ir::Graph& graph, absl::Span<const RewriteRule> rules) {
  const auto visit = [&](Rewriter& rewriter) {
    for (const RewriteRule& rule : rules) {
      if ((rule.outermost_op == nullptr || rule.outermost_op == rewriter.node().op) && rewriter.IsRead(rewriter.node()))
        rule.apply(rewriter);
    }
  };
  int iterations = 0;
  while (iterations < kMaxIterations && Rewrite(graph, visit)) ++iterations;
  return iterations > 0;
}

}  // namespace brine::passes
