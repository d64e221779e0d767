// The region *contraction*: a product or a convolution, and what one kernel can compute with it.
#ifndef BRINE_PASSES_FUSE_CONTRACTION_H_
#define BRINE_PASSES_FUSE_CONTRACTION_H_

#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"
#include "passes/followers.h"
#include "passes/partition.h"

namespace brine::passes {

// Grows a region around the contraction at `root`, by
//   - elementwise nodes that are computed from its result, of the result's shape;
//   - one pool whose windows tile the image, and the elementwise nodes that are computed from the pool's result;
//   - for a weight gradient, a channel reduction of an operand, such as the bias gradient.
// Values may be read elsewhere too, but not those from before the pool.  The gradient of a pool that makes an operand
// is computed again inside the kernel, since its own operands are smaller, if the windows of the pool tile the image,
// or if it is a max-pool with strides and the contraction a gradient of a convolution without strides, dilation and
// groups.
void GrowContraction(const ir::Graph& graph, const Uses& uses, ir::NodeId root, const RegionCallbacks& region);

// The values that the group of this contraction reads and that have many zeros: operands, and the mask of the result.
std::vector<ir::ValueId> SparseValues(const ir::Graph& graph, const Uses& uses, ir::NodeId root, const Group& group);

// Whether the node reduces a value over all axes but the last, as bias gradients and batch normalizations do.
bool IsChannelReduction(const ir::Graph& graph, const ir::Node& node);

}  // namespace brine::passes

#endif  // BRINE_PASSES_FUSE_CONTRACTION_H_
