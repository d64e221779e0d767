// Decides, for the strategy *generic*, which values of a kernel are stored and which are computed where they are read,
// and which of the stored values are written by one loop.  This file does not use Halide.
#ifndef BRINE_CODEGEN_HALIDE_GROUPING_H_
#define BRINE_CODEGEN_HALIDE_GROUPING_H_

#include <vector>

#include "ir/graph.h"

namespace brine::codegen {

// Values of one shape that one loop writes.  Outputs of the kernel share a loop if they can, such as a maximum and its
// index, or a parameter and its slots.  Every other stored value has a loop of its own.
struct LoopGroup {
  std::vector<ir::ValueId> values;
  bool is_output = false;  // whether the values are outputs of the kernel
};

enum class LoopGroupId : int32_t {};  // index into Grouping::groups

struct Grouping {
  std::vector<LoopGroup> groups;
  std::vector<LoopGroupId> group_of;  // by ValueId

  // The group of a value that is computed where it is read, and of a value that the kernel's body does not make.
  static constexpr LoopGroupId kInlined{-1};

  const LoopGroup& group(LoopGroupId id) const { return groups[ir::Index(id)]; }
  LoopGroup& group(LoopGroupId id) { return groups[ir::Index(id)]; }
  LoopGroupId GroupOf(ir::ValueId value) const { return group_of[ir::Index(value)]; }
};

// The groups of `kernel`, a kernel of `graph`.  Stored are its outputs, each expensive value that a reader reads more
// than once per element (a reduction under a window, for example), and each expensive value that two groups read.
Grouping GroupValues(const ir::Graph& graph, const ir::Node& kernel);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_GROUPING_H_
