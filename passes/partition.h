// A partition of a graph's nodes into groups without cycles between them.
#ifndef BRINE_PASSES_PARTITION_H_
#define BRINE_PASSES_PARTITION_H_

#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

struct Group {
  std::vector<int> nodes;           // positions, ascending
  std::vector<int> copies;          // positions of nodes of other groups that are computed again inside
  const char* region = nullptr;     // a name of regions.h; null: none yet
  std::vector<ir::ValueId> sparse;  // values that the group reads and that have many zeros
};

class Partition {
 public:
  Partition(const ir::Graph& graph, const Uses& uses);  // every node is a group of its own

  int GroupOf(int position) const { return group_of_[static_cast<size_t>(position)]; }
  const Group& group(int id) const { return groups_[static_cast<size_t>(id)]; }

  // Merges the groups into one, with these copies.  Returns false and does nothing if a value that the merged group
  // reads would depend on one that it makes.
  bool Merge(const std::vector<int>& ids, const std::vector<int>& copies);

  void SetRegion(int id, const char* region) { groups_[static_cast<size_t>(id)].region = region; }
  void SetSparse(int id, std::vector<ir::ValueId> values) {
    groups_[static_cast<size_t>(id)].sparse = std::move(values);
  }

  // The non-empty groups in an order in which each is after those whose values it reads, and as early as its last node.
  std::vector<int> Order() const;

  // Positions of other groups whose values the group reads.
  std::vector<int> Makers(const Group& group) const;

 private:
  const ir::Graph& graph_;
  const Uses& uses_;
  std::vector<Group> groups_;
  std::vector<int> group_of_;  // by position
};

}  // namespace brine::passes

#endif  // BRINE_PASSES_PARTITION_H_
