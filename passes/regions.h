// Regions: the kinds of kernels.  Node::region of a kernel is the name of a row of this table.
//
// Fuse forms a region around one node by the traits of ops, not by their names.  For example, a contraction also gets
// the elementwise ops that follow it.
#ifndef BRINE_PASSES_REGIONS_H_
#define BRINE_PASSES_REGIONS_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace brine::passes {

struct Region {
  const char* name;    // "contraction"
  const char* reason;  // why these nodes belong together
};

absl::Span<const Region> AllRegions();  // in the order in which they are formed

// The most cells of a window of a pool that a contraction's kernel computes.  The sums of all cells are in registers at
// the same time.
inline constexpr int kMaxPoolCells = 9;

inline constexpr char kHead[] = "head", kContraction[] = "contraction", kUpdate[] = "update", kLoop[] = "loop";

}  // namespace brine::passes

#endif  // BRINE_PASSES_REGIONS_H_
