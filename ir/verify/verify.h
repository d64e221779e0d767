// Checks that a graph is well formed.  All passes and code generation rely on the invariants that are listed here.
//
// Invariants of every stage:
//   - names are legal (names.h) and unique; every value is defined exactly once, by an input, a state or a node, and
//     before it is read
//   - every node has a known op, the number of operands of this op, a complete and legal set of attributes, and the
//     result types that the op's shape rule derives
//   - sizes stay within the limits of type.h for the batch size of the graph
//   - an input has a type that its source allows; an expression has one result and reads scalars that come before it
//   - a state is f32; an update has a state, which no other update has, and a value of the same type; nothing updates a
//     frozen state, and at stage *graph* only statistics and averages are updated; outputs have values
//   - a penalty is f32[]; a graph has penalties only until its loss is made, that is at stage *graph*, and at stage
//     *train* without an output "loss"
// From stage *fused* on, every node is a kernel, a view or a constant; the body of a kernel reads only inputs of the
// kernel and its own values; and no kernel contains another.
// At stage *planned*, every value outside the body of a kernel has a placement; values that are live at the same time
// do not overlap, except a view and its value, and an input and the output that overwrites it; and kernels that write
// states come last.
#ifndef BRINE_IR_VERIFY_VERIFY_H_
#define BRINE_IR_VERIFY_VERIFY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ir/graph.h"

namespace brine::ir {

struct Fault {
  std::string where;     // "model.cc:9: conv2d", or the name of the value if no line of the model is known
  std::string sentence;  // in lower case, without a full stop
  std::string line;      // the element of the graph in text form; a long line is cut around the culprit
  std::string culprit;   // the part of `line` that is wrong
  size_t column = 0;     // where the culprit begins in `line`
};

// At most a thousand faults.  The graph may be malformed in any way.
std::vector<Fault> FindFaults(const Graph& graph);

// OK, or an error whose message has all of FindFaults: "where: sentence" and the line with ^^^ under the culprit.
absl::Status Verify(const Graph& graph);

}  // namespace brine::ir

#endif  // BRINE_IR_VERIFY_VERIFY_H_
