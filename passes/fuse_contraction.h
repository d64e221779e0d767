// The region *contraction*: a product or a convolution, and what one pass can compute with it.
#ifndef BRINE_PASSES_FUSE_CONTRACTION_H_
#define BRINE_PASSES_FUSE_CONTRACTION_H_

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

struct ContractionRegion {
  std::vector<ir::NodeId> chain;      // the nodes after the contraction; each is the only reader of the one before
  std::vector<ir::NodeId> sums;       // reductions over one of its operands
  std::vector<ir::NodeId> copies;     // nodes that make an operand, computed again inside
  std::vector<ir::ValueId> sparse;    // operands that have many zeros
  std::vector<std::string> declined;  // what was not fused, and why: "model.cc:9: max_pool not fused: …"
};

// Grows a region around the contraction at `root`, from nodes for which `is_free` holds:
//   - elementwise ops of its result's shape, and one pool among them, if nothing else reads their operand;
//   - the node that makes an operand that is larger than the node's own input: the gradient of a pool;
//   - for a weight gradient, the sum of an operand over all axes but the last, which is the bias gradient.
ContractionRegion FindContraction(const ir::Graph& graph, const Uses& uses, ir::NodeId root,
                                  const std::function<bool(ir::NodeId node)>& is_free);

// Whether the node sums a value over all axes but the last, as bias gradients and batch normalizations do.
bool IsChannelSum(const ir::Graph& graph, const ir::Node& node);

}  // namespace brine::passes

#endif  // BRINE_PASSES_FUSE_CONTRACTION_H_
