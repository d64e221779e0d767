// The elementwise nodes that one kernel computes together with a value.
#ifndef BRINE_PASSES_FOLLOWERS_H_
#define BRINE_PASSES_FOLLOWERS_H_

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

// How the code that finds the nodes of a region asks the partition and changes it.
struct RegionCallbacks {
  std::function<bool(ir::NodeId node)> is_free;             // whether the node is in no region yet
  std::function<bool(ir::NodeId node)> take;                // adds the node; false if kernels would form a cycle
  std::function<void(ir::NodeId node)> copy;                // lets the region compute the node once more
  std::function<void(const std::string& sentence)> remark;  // "model.cc:9: max_pool not fused: …"
};

// Takes the free elementwise nodes of the value's shape that are computed from the value and from values that do not
// depend on it, `limit` at most:
//
//   y = x · sigmoid(x)           takes sigmoid and mul
//   d = x − mean(x)              takes nothing, since mean(x) needs all of x; a remark says so
//   dx = relu_grad(dy, relu(x))  takes relu only, since other kernels compute dy from the relu
//
// Nodes such as the sub and the relu_grad are blocked.  A node that only blocked nodes need is left to their kernel,
// which computes it in registers, while this one would have to store it. Returns the value and the results of what was
// taken.
std::vector<ir::ValueId> TakeFollowers(const ir::Graph& graph, const Uses& uses, ir::ValueId value, size_t limit,
                                       const RegionCallbacks& region);

// "model.cc:9: sub", or the name of the node's result if no line is known.
std::string PlaceAndOp(const ir::Graph& graph, const ir::Node& node);

}  // namespace brine::passes

#endif  // BRINE_PASSES_FOLLOWERS_H_
