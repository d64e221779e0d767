// Regions: what one kernel can hold.  A kernel is an instance of one row of this table; codegen/templates has a row of
// the same name.
//
// A pattern starts at a root node and says which nodes around it belong to the kernel.  The pass that calls it (fuse)
// checks that the nodes are free and that no path leaves the region and enters it again.
#ifndef BRINE_PASSES_REGIONS_H_
#define BRINE_PASSES_REGIONS_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

// What a pattern sees: a graph before fusion.
struct Surroundings {
  const ir::Graph& graph;
  const Uses& uses;

  const ir::Node& node(int position) const { return graph.nodes[static_cast<size_t>(position)]; }
};

struct RegionMatch {
  std::vector<int> nodes;  // positions; empty: the pattern does not apply
  std::vector<int>
      copies;  // positions of nodes that are computed again inside, so that their results need not be stored
  std::vector<std::string> declined;  // what could not be taken in, and why: "model.cc:9: max_pool not fused: …"
};

struct Region {
  const char* name;                                                  // "conv_pool"
  RegionMatch (*match)(const Surroundings& surroundings, int root);  // null: formed by fuse itself
  const char* reason;                                                // why these nodes belong together
  // The operand whose zeros its kernels leave out: of the root, the gradient of a max_pool_grad inside, or the result
  // of a relu_grad's relu.
  enum class Live { kNone, kFirst, kSecond, kOfPool, kMask } live = Live::kNone;
};

// In the order in which they are tried; the last one is *generic*, which holds any region.
absl::Span<const Region> AllRegions();
const Region* FindRegion(absl::string_view name);  // null when there is none

// Floating-point operations of a kernel for `rows` rows; of kernels that leave zeros out, the dense upper bound.
int64_t RegionFlops(const ir::Graph& graph, const ir::Node& kernel, int64_t rows);

// The operand whose zeros a kernel of this region leaves out; ir::kNoValue for one that visits everything.
ir::ValueId LiveOperand(const ir::Node& kernel);

// Bytes that a kernel reads and writes outside itself for the graph's batch size.
int64_t RegionBytes(const ir::Graph& graph, const ir::Node& kernel);

// The working memory of a kernel that *generic* builds, for the graph's batch size: values that stay inside and are
// read at other places than they are written, each rounded up to 64.  Templates may need less or more; what a compiled
// kernel takes is counted by the compiler.
int64_t RegionScratch(const ir::Graph& graph, const ir::Node& kernel);

// Whether `output` may lie in the bytes of `input`: all ops of the kernel are elementwise, and whoever depends on the
// input reads, at each element, that element only.
bool MayAlias(const ir::Graph& graph, const ir::Node& kernel, ir::ValueId input, ir::ValueId output);

}  // namespace brine::passes

#endif  // BRINE_PASSES_REGIONS_H_
