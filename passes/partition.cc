#include "passes/partition.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>

namespace brine::passes {

using ir::ValueId;

Partition::Partition(const ir::Graph& graph, const Uses& uses) : graph_(graph), uses_(uses) {
  for (size_t position = 0; position < graph.nodes.size(); ++position) {
    groups_.push_back({{static_cast<int>(position)}, {}, nullptr, {}});
    group_of_.push_back(static_cast<int>(position));
  }
}

std::vector<int> Partition::Makers(const Group& group) const {
  std::set<int> inside(group.nodes.begin(), group.nodes.end()), makers;
  inside.insert(group.copies.begin(), group.copies.end());
  for (int position : inside) {
    for (ValueId input : graph_.nodes[static_cast<size_t>(position)].inputs) {
      const int maker = uses_.Producer(input);
      if (maker != Uses::kNone && inside.count(maker) == 0) makers.insert(maker);
    }
  }
  return std::vector<int>(makers.begin(), makers.end());
}

bool Partition::Merge(const std::vector<int>& ids, const std::vector<int>& copies) {
  Group merged;
  for (int id : ids) {
    const Group& part = group(id);
    merged.nodes.insert(merged.nodes.end(), part.nodes.begin(), part.nodes.end());
    merged.copies.insert(merged.copies.end(), part.copies.begin(), part.copies.end());
  }
  merged.copies.insert(merged.copies.end(), copies.begin(), copies.end());
  std::sort(merged.nodes.begin(), merged.nodes.end());
  std::sort(merged.copies.begin(), merged.copies.end());
  merged.copies.erase(std::unique(merged.copies.begin(), merged.copies.end()), merged.copies.end());

  // Searches backwards from what the merged group reads.  A group whose last node is before the merged group's first
  // cannot depend on it.
  const std::set<int> whole(ids.begin(), ids.end());
  std::set<int> seen;
  std::vector<int> pending = Makers(merged);
  while (!pending.empty()) {
    const int id = GroupOf(pending.back());
    pending.pop_back();
    if (whole.count(id) != 0) return false;
    if (group(id).nodes.back() < merged.nodes.front() || !seen.insert(id).second) continue;
    const std::vector<int> makers = Makers(group(id));
    pending.insert(pending.end(), makers.begin(), makers.end());
  }

  for (int position : merged.nodes) group_of_[static_cast<size_t>(position)] = ids[0];
  for (int id : ids) groups_[static_cast<size_t>(id)] = {};
  groups_[static_cast<size_t>(ids[0])] = std::move(merged);
  return true;
}

std::vector<int> Partition::Order() const {
  std::vector<int> waiting(groups_.size(), 0);  // the number of groups it waits for
  std::vector<std::vector<int>> readers(groups_.size());
  using Entry = std::pair<int, int>;  // last node, group
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> ready;
  for (size_t id = 0; id < groups_.size(); ++id) {
    if (groups_[id].nodes.empty()) continue;
    std::set<int> makers;
    for (int position : Makers(groups_[id])) makers.insert(GroupOf(position));
    for (int maker : makers) readers[static_cast<size_t>(maker)].push_back(static_cast<int>(id));
    waiting[id] = static_cast<int>(makers.size());
    if (makers.empty()) ready.push({groups_[id].nodes.back(), static_cast<int>(id)});
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int id = ready.top().second;
    ready.pop();
    order.push_back(id);
    for (int reader : readers[static_cast<size_t>(id)]) {
      if (--waiting[static_cast<size_t>(reader)] == 0) ready.push({group(reader).nodes.back(), reader});
    }
  }
  return order;
}

}  // namespace brine::passes
