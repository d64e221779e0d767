// The region *head*: what is small behind the last layer.
#ifndef BRINE_PASSES_FUSE_HEAD_H_
#define BRINE_PASSES_FUSE_HEAD_H_

#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

// Around a reduction along the rows of logits z = x·w + bias with at most 128 classes: that product, loss, metric and
// their gradients as far as they are no larger than z, and what z's gradient gives w, bias and x, with the mask that
// x's gradient passes.  Returns positions of nodes; none where the root is no such reduction, or another layer follows.
std::vector<int> FindHead(const ir::Graph& graph, const Uses& uses, int root);

}  // namespace brine::passes

#endif  // BRINE_PASSES_FUSE_HEAD_H_
