// Fuse: every node becomes part of a kernel, an instance of a row of regions.cc; the stage becomes *fused*.
//
//   conv2d, add, max_pool, relu   ⟹   %y, %i = kernel(%x, %w, %b) <conv_pool> { conv2d, add, max_pool, relu }
//
// In this order: the patterns of the table; then each op with the elementwise ops of the same shape that follow it, and
// a sum with the one or two cheap elementwise ops before it; then the optimizer, behind everything else.  Views
// (reshape) and constants stay outside; a constant of one number is copied into the bodies that read it.  A region may
// compute a node that another one computes as well. Declines a fusion, with a remark, when a value would have to be
// stored after all, or when a path leaves the region and enters it again. Errors: an update whose value is no result of
// an optimizer's op on that state. Runs after everything that rewrites nodes.
#ifndef BRINE_PASSES_FUSE_H_
#define BRINE_PASSES_FUSE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::passes {

struct FuseOptions {
  bool generic_only = false;                    // no patterns, one op a kernel: what templates are compared with
  std::vector<std::string>* remarks = nullptr;  // what was declined, and why, one sentence each
};

absl::StatusOr<bool> Fuse(ir::Graph& graph, const FuseOptions& options = {});

}  // namespace brine::passes

#endif  // BRINE_PASSES_FUSE_H_
