#include "passes/rewrite_rules.h"

namespace brine::passes {

bool ApplyRules(ir::Graph& graph, absl::Span<const RewriteRule> rules) {
  const auto visit = [&](Rewriter& at) {
    for (const RewriteRule& rule : rules) {
      if ((rule.root == nullptr || rule.root == at.node().op) && at.IsRead(at.node())) rule.apply(at);
    }
  };
  int walks = 0;
  while (walks < kMaxWalks && Rewrite(graph, visit)) ++walks;
  return walks > 0;
}

}  // namespace brine::passes
