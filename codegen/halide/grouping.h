// Which values of a kernel are stored, and which of those are written by one loop.  This file does not use Halide.
#ifndef BRINE_CODEGEN_HALIDE_GROUPING_H_
#define BRINE_CODEGEN_HALIDE_GROUPING_H_

#include <vector>

#include "ir/graph.h"

namespace brine::codegen {

// Values of one shape that one loop writes.  Outputs of the kernel share a loop if they can (a maximum and its index; a
// parameter and its slots); every other stored value has its own loop.
struct Group {
  std::vector<ir::ValueId> values;
  bool output = false;
};

enum class GroupId : int32_t {};  // index into Grouping::groups

struct Grouping {
  std::vector<Group> groups;
  std::vector<GroupId> group_of;  // by value; kInlined: computed where it is read, or not of this kernel

  static constexpr GroupId kInlined{-1};

  const Group& group(GroupId id) const { return groups[ir::Index(id)]; }
  Group& group(GroupId id) { return groups[ir::Index(id)]; }
  GroupId GroupOf(ir::ValueId value) const { return group_of[ir::Index(value)]; }
};

Grouping GroupValues(const ir::Graph& graph, const ir::Node& kernel);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_GROUPING_H_
