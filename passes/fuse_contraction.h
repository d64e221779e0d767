// The region *contraction*: a product or a convolution and what is made in one pass with it.
#ifndef BRINE_PASSES_FUSE_CONTRACTION_H_
#define BRINE_PASSES_FUSE_CONTRACTION_H_

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

struct ContractionRegion {
  std::vector<int> chain;           // positions of what follows the contraction, each the only reader of the one before
  std::vector<int> sums;            // positions of reductions over one of its operands
  std::vector<int> copies;          // positions of nodes that make an operand, computed again inside
  std::vector<ir::ValueId> sparse;  // operands that have many zeros
  std::vector<std::string> declined;  // what could not be taken in, and why: "model.cc:9: max_pool not fused: …"
};

// Around the contraction at `root`, of nodes for which `is_free` holds:
//   - elementwise ops of its result's shape, and one pool among them, as long as nobody else reads what they read;
//   - what makes an operand, where that is larger than what it is made of: the gradient of a pool;
//   - for a gradient of parameters, the sum of an operand over all axes but the last, which is the bias's gradient.
ContractionRegion FindContraction(const ir::Graph& graph, const Uses& uses, int root,
                                  const std::function<bool(int position)>& is_free);

}  // namespace brine::passes

#endif  // BRINE_PASSES_FUSE_CONTRACTION_H_
