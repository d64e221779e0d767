// A partition of a graph's nodes into groups without cycles between them.
#ifndef BRINE_PASSES_PARTITION_H_
#define BRINE_PASSES_PARTITION_H_

#include <vector>

#include "ir/graph.h"
#include "passes/edit.h"

namespace brine::passes {

enum class GroupId : int32_t {};

struct Group {
  std::vector<ir::NodeId> nodes;    // ascending
  std::vector<ir::NodeId> copies;   // nodes of other groups that are computed again inside
  const char* region = nullptr;     // a name of regions.h; null: none yet
  std::vector<ir::ValueId> sparse;  // values that the group reads and that have many zeros
  std::vector<ir::ValueId> stored;  // values that it stores even if no other group reads them
};

class Partition {
 public:
  Partition(const ir::Graph& graph, const Uses& uses);  // every node is a group of its own

  GroupId GroupOf(ir::NodeId node) const { return group_of_[Index(node)]; }
  const Group& group(GroupId id) const { return groups_[ir::Index(id)]; }

  // Merges the groups into one, with these copies and the region, sparse and stored values of the first.  Returns false
  // and does nothing if a value that the merged group reads would depend on one that it makes.
  bool Merge(const std::vector<GroupId>& ids, const std::vector<ir::NodeId>& copies);

  void SetRegion(GroupId id, const char* region) { groups_[ir::Index(id)].region = region; }
  void AddStored(GroupId id, const std::vector<ir::ValueId>& values);
  void SetSparse(GroupId id, std::vector<ir::ValueId> values) { groups_[ir::Index(id)].sparse = std::move(values); }

  // The non-empty groups in an order in which each is after those whose values it reads, and as early as its last node.
  std::vector<GroupId> Order() const;

  // Nodes of other groups whose values the group reads.
  std::vector<ir::NodeId> Producers(const Group& group) const;

 private:
  // Raises the reach of the groups that depend on `id` to that of `id`.
  void PropagateReach(GroupId id);

  const ir::Graph& graph_;
  const Uses& uses_;
  std::vector<Group> groups_;
  std::vector<GroupId> group_of_;                // by node
  std::vector<ir::NodeId> reach_;                // by group: the last node of it and of all groups it depends on
  std::vector<std::vector<ir::NodeId>> copied_;  // by node: one node of each group that holds a copy
};

}  // namespace brine::passes

#endif  // BRINE_PASSES_PARTITION_H_
