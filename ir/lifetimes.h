// When each value of a graph is alive.  A moment is a node of Graph::nodes; kernels' bodies have no moments of their
// own.
#ifndef BRINE_IR_LIFETIMES_H_
#define BRINE_IR_LIFETIMES_H_

#include <vector>

#include "ir/graph.h"

namespace brine::ir {

inline constexpr NodeId kBeforeStep{-1};

struct Lifetime {
  bool exists = false;         // false: not defined by an input, a state or a node outside kernels
  NodeId first = kBeforeStep;  // the node that defines it; kBeforeStep: an input or a state
  NodeId last =
      kBeforeStep;  // the last node that reads it or one of its views; graph.nodes.size(): it is read after the step
  ValueId root = kNoValue;  // the value that owns the storage: itself, or another value for a view
};

// One for each value.  Values' indices must be in range; views of views are followed to their root.
std::vector<Lifetime> FindLifetimes(const Graph& graph);

}  // namespace brine::ir

#endif  // BRINE_IR_LIFETIMES_H_
