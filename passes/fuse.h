// Fuse: every node becomes part of a kernel, an instance of a row of regions.cc; the stage becomes *fused*.
//
//   conv2d, add, max_pool, relu   ⟹   %y, %i = kernel(%x, %w, %b) <contraction> { conv2d, add, max_pool, relu }
//
// In this order: heads; contractions with what follows them; each other op with the elementwise ops of the same shape
// that follow it, and a sum with the one or two cheap elementwise ops before it; then the updates, behind everything
// else: an op of kind update writes over its states, any other value is copied into its state.
// Views (reshape) and constants stay outside; a constant of one number is copied into the bodies that read it.  A
// kernel may compute a node that another one computes as well, and says which of its operands have many zeros
// (sparse=[0]). Declines a fusion, with a remark, when a value would have to be stored after all, or when a path leaves
// the kernel and enters it again.  Runs after everything that rewrites nodes.
#ifndef BRINE_PASSES_FUSE_H_
#define BRINE_PASSES_FUSE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

struct FuseOptions {
  bool generic_only = false;                    // one op a kernel: what fused kernels are compared with
  std::vector<std::string>* remarks = nullptr;  // what was declined, and why, one sentence each
};

absl::StatusOr<bool> Fuse(ir::Graph& graph, const FuseOptions& options = {});

}  // namespace brine::passes

#endif  // BRINE_PASSES_FUSE_H_
