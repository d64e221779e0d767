// Checks that a graph is well formed.
//
// Invariants of every stage:
//   - names are unique and of the allowed alphabet; every value is defined exactly once, before it is read (inputs,
//     states, nodes)
//   - every node names a known op, with its number of operands, a complete and legal set of attributes, and the result
//     types that its shape rule derives
//   - sizes stay within the limits of type.h for the graph's batch size
//   - inputs have the types of their source; an expression has one result and reads scalars that come before it
//   - states are f32; updates name states, each at most once, and values of the same type; nothing updates a frozen
//     state, and at stage *graph* only statistics and averages are updated; outputs exist
// From *fused* on, every node is a kernel or a view, its body reads only its inputs and its own values, and no kernel
// contains another.  At *planned*, every value outside a kernel's body has a place; values that are live at the same
// time do not overlap, except views and what a kernel overwrites in place; and kernels that write states come last.
#ifndef BRINE_IR_VERIFY_VERIFY_H_
#define BRINE_IR_VERIFY_VERIFY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ir/graph.h"

namespace brine::ir {

struct Fault {
  std::string place;     // "model.cc:9: conv2d", or the value's name if no line is known
  std::string sentence;  // lower case, no full stop
  std::string line;      // the node in text form; a long line is cut around the culprit
  std::string culprit;   // the part of `line` at fault
  size_t column = 0;     // where the culprit begins in `line`
};

std::vector<Fault> FindFaults(const Graph& graph);  // the first thousand

// All faults, one after another, each as "place: sentence", then the line with ^^^ under the culprit.
absl::Status Verify(const Graph& graph);

}  // namespace brine::ir

#endif  // BRINE_IR_VERIFY_VERIFY_H_
