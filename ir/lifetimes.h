// When each value of a graph is alive.  Moments are positions in Graph::nodes: a kernel is one moment, and so is a node
// outside kernels.
#ifndef BRINE_IR_LIFETIMES_H_
#define BRINE_IR_LIFETIMES_H_

#include <vector>

#include "ir/graph.h"

namespace brine::ir {

inline constexpr NodeId kBeforeStep{-1};

struct Lifetime {
  bool exists = false;         // whether the value is an input, a state, or the output of a kernel or of a node outside
  NodeId first = kBeforeStep;  // the node that defines the value; kBeforeStep for an input or a state
  NodeId last = kBeforeStep;   // the last node that reads the value or a view of it; graph.nodes.size() if the value is
                               // read after the step, as an output of the graph or the new content of a state
  ValueId storage =
      kNoValue;  // the value whose bytes this one has: itself, or for a view, even of a view, another value
};

// The lifetime of each value, by its id.  The graph may be one that verify.h refuses, but the ids in it must exist.
std::vector<Lifetime> FindLifetimes(const Graph& graph);

}  // namespace brine::ir

#endif  // BRINE_IR_LIFETIMES_H_
