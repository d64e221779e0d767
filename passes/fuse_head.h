// The region *head*: the small nodes after the last layer.
#ifndef BRINE_PASSES_FUSE_HEAD_H_
#define BRINE_PASSES_FUSE_HEAD_H_

#include <functional>
#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

// Grows a region of free nodes around a reduction along the rows of logits z = x·w + bias with at most 128 classes.  It
// contains that product, of any depth; loss, metric and their gradients, as long as they are no larger than z; and the
// gradients of w, bias and x from that of z, with the mask on the gradient of x.  Returns its nodes; none if the root
// is not such a reduction, or if another layer follows.
std::vector<ir::NodeId> FindHead(const ir::Graph& graph, const Uses& uses, ir::NodeId root,
                                 const std::function<bool(ir::NodeId node)>& is_free);

}  // namespace brine::passes

#endif  // BRINE_PASSES_FUSE_HEAD_H_
