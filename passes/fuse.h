// Fuse: puts every node into a kernel, an instance of a row of regions.cc; the stage becomes *fused*.
//
//   conv2d, add, max_pool, relu   ⟹   %y, %i = kernel(%x, %w, %b) <contraction> { conv2d, add, max_pool, relu }
//
// Groups are formed in this order: heads; contractions with what is computed from their results (fuse_contraction.h),
// and channel reductions of these; every other op with the elementwise ops of the same shape that follow it, and a
// reduction with one or two cheap elementwise ops before it; the updates, which run last.  An op of kind update
// overwrites its states; any other value is copied into its state. Views (reshape) and constants stay outside; a
// constant of one number is copied into the bodies that read it.  Two kernels may compute the same node.  A kernel says
// which of its operands have many zeros (sparse=[0]). Declines a fusion, with a remark, if a value from before a pool
// would have to be stored, or if a path would leave the kernel and enter it again. Runs after everything that rewrites
// nodes.
#ifndef BRINE_PASSES_FUSE_H_
#define BRINE_PASSES_FUSE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

struct FuseOptions {
  bool generic_only = false;                    // one op in each kernel, as a reference for fused kernels
  std::vector<std::string>* remarks = nullptr;  // what was declined, and why, one sentence each
};

absl::StatusOr<bool> Fuse(ir::Graph& graph, const FuseOptions& options = {});

}  // namespace brine::passes

#endif  // BRINE_PASSES_FUSE_H_
