// Passes that are a table of equations, and the driver that applies one.
#ifndef BRINE_PASSES_REWRITE_RULES_H_
#define BRINE_PASSES_REWRITE_RULES_H_

#include "absl/types/span.h"
#include "ir/graph.h"
#include "ir/op.h"
#include "passes/rewriter.h"

namespace brine::passes {

// An equation that is applied from left to right.
struct RewriteRule {
  const char* name;      // "add-zero"; its case in tests/passes/golden bears it
  const char* equation;  // "x + 0 = x"
  const char* where;     // what else must hold, in words; empty: nothing
  const ir::Op* root;    // the outermost op of the left side; null: any op with the traits that the rule tests

  // Called at a node that is an application of `root` and whose result is read.  Must leave the graph as it is if the
  // left side does not match or the condition does not hold.
  void (*apply)(Rewriter& rewriter);
};

// The limit ends rules that undo each other.  A pass over the nodes sees what it has already rewritten, so the second
// one usually finds nothing.
inline constexpr int kMaxIterations = 16;

// Visits all nodes in order, again and again until no rule matches, at most kMaxIterations times; returns whether it
// changed anything.  At each node every rule of its op is tried, in the order of the table.
bool ApplyRules(ir::Graph& graph, absl::Span<const RewriteRule> rules);

}  // namespace brine::passes

#endif  // BRINE_PASSES_REWRITE_RULES_H_
