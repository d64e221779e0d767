#include "passes/partition.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>

#include "ir/check.h"

namespace brine::passes {

using ir::Index;
using ir::NodeId;
using ir::ValueId;

Partition::Partition(const ir::Graph& graph, const Uses& uses) : graph_(graph), uses_(uses) {
  for (NodeId node : graph.node_ids()) {
    groups_.emplace_back().nodes = {node};
    group_of_.push_back(ir::IdAt<GroupId>(Index(node)));
    reach_.push_back(node);
  }
  copied_.resize(graph.nodes.size());
}

std::vector<NodeId> Partition::Producers(const Group& group) const {
  std::set<NodeId> inside(group.nodes.begin(), group.nodes.end()), producers;
  inside.insert(group.copies.begin(), group.copies.end());
  for (NodeId node : inside) {
    for (ValueId input : graph_.node(node).inputs) {
      const NodeId producer = uses_.Producer(input);
      if (producer != Uses::kNone && inside.count(producer) == 0) producers.insert(producer);
    }
  }
  return std::vector<NodeId>(producers.begin(), producers.end());
}

bool Partition::Merge(const std::vector<GroupId>& ids, const std::vector<NodeId>& copies) {
  Group merged;
  merged.region = group(ids[0]).region;
  merged.sparse = group(ids[0]).sparse;
  merged.stored = group(ids[0]).stored;
  for (GroupId id : ids) {
    const Group& part = group(id);
    merged.nodes.insert(merged.nodes.end(), part.nodes.begin(), part.nodes.end());
    merged.copies.insert(merged.copies.end(), part.copies.begin(), part.copies.end());
  }
  merged.copies.insert(merged.copies.end(), copies.begin(), copies.end());
  std::sort(merged.nodes.begin(), merged.nodes.end());
  std::sort(merged.copies.begin(), merged.copies.end());
  merged.copies.erase(std::unique(merged.copies.begin(), merged.copies.end()), merged.copies.end());

  // Searches backwards from what the merged group reads.  A group that reaches no node as late as the merged group's
  // first cannot depend on it.
  const std::set<GroupId> whole(ids.begin(), ids.end());
  std::set<GroupId> seen;
  NodeId reach = merged.nodes.back();
  std::vector<NodeId> pending = Producers(merged);
  while (!pending.empty()) {
    const GroupId id = GroupOf(pending.back());
    pending.pop_back();
    if (whole.count(id) != 0) return false;
    reach = std::max(reach, reach_[Index(id)]);
    if (reach_[Index(id)] < merged.nodes.front() || !seen.insert(id).second) continue;
    const std::vector<NodeId> producers = Producers(group(id));
    pending.insert(pending.end(), producers.begin(), producers.end());
  }

  for (GroupId id : ids) reach = std::max(reach, reach_[Index(id)]);
  reach_[Index(ids[0])] = reach;
  for (NodeId copy : merged.copies) copied_[Index(copy)].push_back(merged.nodes.front());
  for (NodeId node : merged.nodes) group_of_[Index(node)] = ids[0];
  for (GroupId id : ids) groups_[Index(id)] = {};
  groups_[Index(ids[0])] = std::move(merged);
  PropagateReach(ids[0]);
  return true;
}

void Partition::AddStored(GroupId id, const std::vector<ValueId>& values) {
  std::vector<ValueId>& stored = groups_[Index(id)].stored;
  stored.insert(stored.end(), values.begin(), values.end());
}

void Partition::PropagateReach(GroupId id) {
  std::vector<GroupId> pending = {id};
  while (!pending.empty()) {
    const GroupId producer = pending.back();
    pending.pop_back();
    const auto raise = [&](NodeId reader) {
      const GroupId to = GroupOf(reader);
      if (reach_[Index(to)] >= reach_[Index(producer)]) return;
      reach_[Index(to)] = reach_[Index(producer)];
      pending.push_back(to);
    };
    for (NodeId node : group(producer).nodes) {
      for (ValueId output : graph_.node(node).outputs) {
        for (NodeId reader : uses_.Readers(output)) {
          raise(reader);
          for (NodeId holder : copied_[Index(reader)]) raise(holder);
        }
      }
    }
  }
}

std::vector<GroupId> Partition::Order() const {
  std::vector<int> waiting(groups_.size(), 0);  // the number of groups it waits for
  std::vector<std::vector<GroupId>> readers(groups_.size());
  using Entry = std::pair<NodeId, GroupId>;  // last node, group
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> ready;
  for (GroupId id : ir::Ids<GroupId>(groups_.size())) {
    if (group(id).nodes.empty()) continue;
    std::set<GroupId> producers;
    for (NodeId node : Producers(group(id))) producers.insert(GroupOf(node));
    for (GroupId producer : producers) readers[Index(producer)].push_back(id);
    waiting[Index(id)] = static_cast<int>(producers.size());
    if (producers.empty()) ready.push({group(id).nodes.back(), id});
  }
  size_t count = 0;
  for (const Group& group : groups_) count += group.nodes.empty() ? 0 : 1;
  std::vector<GroupId> order;
  while (!ready.empty()) {
    const GroupId id = ready.top().second;
    ready.pop();
    order.push_back(id);
    for (GroupId reader : readers[Index(id)]) {
      if (--waiting[Index(reader)] == 0) ready.push({group(reader).nodes.back(), reader});
    }
  }
  BRINE_CHECK(order.size() == count);  // fewer: the groups form a cycle
  return order;
}

}  // namespace brine::passes
