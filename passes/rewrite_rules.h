// Passes that are a table of equations, and the function that applies such a table to a graph.
#ifndef BRINE_PASSES_REWRITE_RULES_H_
#define BRINE_PASSES_REWRITE_RULES_H_

#include "absl/types/span.h"
#include "ir/graph.h"
#include "ir/op.h"
#include "passes/rewriter.h"

namespace brine::passes {

// An equation that is applied from left to right.
struct RewriteRule {
  const char* name;            // "add-zero"; a case in the golden file of the pass has this name
  const char* equation;        // "x + 0 = x"
  const char* condition;       // what else must hold, in words; empty if nothing
  const ir::Op* outermost_op;  // of the left side; null if the rule itself tests the traits of the op

  // Called at a node that is an application of `outermost_op` and whose result is read.  Must leave the graph as it is
  // if the left side does not match or the condition does not hold.
  void (*apply)(Rewriter& rewriter);
};

// The limit stops rules that undo each other.  Otherwise few iterations are needed: since a node is visited after its
// operands have been rewritten, the second iteration usually finds nothing.
inline constexpr int kMaxIterations = 16;

// Visits all nodes in order until no rule matches any more, but at most kMaxIterations times.  At each node, every rule
// of its op is tried, in the order of the table.  Returns whether anything changed.
bool ApplyRules(ir::Graph& graph, absl::Span<const RewriteRule> rules);

}  // namespace brine::passes

#endif  // BRINE_PASSES_REWRITE_RULES_H_
