// Which values of a kernel get memory of their own, and which are written together in one loop.  No Halide here.
#ifndef BRINE_CODEGEN_GROUPING_H_
#define BRINE_CODEGEN_GROUPING_H_

#include <vector>

#include "ir/graph.h"

namespace brine::codegen {

// Values of one shape that one loop writes.  Outputs of the kernel share a loop where they can (a winner and its index;
// a parameter and its slots); any other stored value has a loop of its own.
struct Group {
  std::vector<ir::ValueId> values;
  bool output = false;
};

struct Grouping {
  std::vector<Group> groups;
  std::vector<int> group_of;  // by value; kInlined: computed where it is read, or not of this kernel

  static constexpr int kInlined = -1;
};

Grouping GroupValues(const ir::Graph& graph, const ir::Node& kernel);

// True where `consumer` reads `input` at exactly the element that it writes.
bool ReadsPointwise(const ir::Graph& graph, const ir::Node& consumer, ir::ValueId input);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_GROUPING_H_
