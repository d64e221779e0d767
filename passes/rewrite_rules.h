// Passes that are a table of equations, and the driver that applies one.
#ifndef BRINE_PASSES_REWRITE_RULES_H_
#define BRINE_PASSES_REWRITE_RULES_H_

#include "absl/types/span.h"
#include "ir/graph.h"
#include "ir/op.h"
#include "passes/rewriter.h"

namespace brine::passes {

// An equation that is read from left to right.
struct RewriteRule {
  const char* name;      // "add-zero"; its case in tests/passes/golden bears it
  const char* equation;  // "x + 0 = x"
  const char* where;     // what else must hold, in words; empty: nothing
  const ir::Op* root;  // the outermost op of the left side; null: of several ops, which the rule tells by their traits

  // The visited node is an application of `root`, and something reads it.  Leaves the graph alone where the left side
  // or the condition does not fit.
  void (*apply)(Rewriter& at);
};

// A walk sees what it has already rewritten, so that the second one mostly finds nothing.  Rules that undo each other
// end here.
inline constexpr int kMostWalks = 16;

// Walks over the graph until no rule fits any more, at most kMostWalks times, and returns whether it changed anything.
// At each node every rule of its op is tried, in the order of the table.
bool ApplyRules(ir::Graph& graph, absl::Span<const RewriteRule> rules);

}  // namespace brine::passes

#endif  // BRINE_PASSES_REWRITE_RULES_H_
