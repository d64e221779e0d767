#include "codegen/halide/grouping.h"

#include <algorithm>
#include <map>
#include <set>

#include "ir/op.h"
#include "passes/kernel_query.h"

namespace brine::codegen {

using ir::Node;
using ir::ValueId;

namespace {

constexpr int kReductionCost = 1000;

// Operations for each element.
int OwnCost(const ir::Op& op) { return op.is_reduction_loop() ? kReductionCost : op.cost; }

// Decides which values of one kernel are stored, and groups these by the loops that write them.
class LoopGrouper {
 public:
  LoopGrouper(const ir::Graph& graph, const Node& kernel)
      : graph_(graph), kernel_(kernel), stored_(graph.values.size(), false) {
    for (const Node& node : kernel.body) {
      for (ValueId value : node.outputs) defining_[value] = &node;
      for (ValueId value : node.inputs) consumers_[value].push_back(&node);
    }
    for (ValueId value : kernel.outputs) stored_[ir::Index(value)] = true;
  }

  Grouping Run() {
    do {
      StoreRereadValues();
      GroupStoredValues();
    } while (StoreSharedValues());
    return result_;
  }

 private:
  bool Stored(ValueId value) const { return stored_[ir::Index(value)]; }

  // Stores each expensive value that some reader reads more than once for each of its elements.
  void StoreRereadValues() {
    cost_.assign(graph_.values.size(), 0);
    for (const Node& node : kernel_.body) {
      int cost = OwnCost(*node.op);
      for (ValueId input : node.inputs) {
        if (defining_.count(input) != 0 && !Stored(input)) cost += cost_[ir::Index(input)];
      }
      for (ValueId output : node.outputs) {
        cost_[ir::Index(output)] = cost;
        if (cost <= ir::kCheapCost) continue;
        for (const Node* consumer : consumers_[output]) {
          if (!passes::ReadsPointwise(graph_, *consumer, output)) stored_[ir::Index(output)] = true;
        }
      }
    }
  }

  void GroupStoredValues() {
    result_ = Grouping();
    result_.group_of.assign(graph_.values.size(), Grouping::kInlined);
    for (const Node& node : kernel_.body) {
      for (ValueId value : node.outputs) {
        if (!Stored(value)) continue;
        const bool output = std::find(kernel_.outputs.begin(), kernel_.outputs.end(), value) != kernel_.outputs.end();
        GroupId group = output ? FindJoinableGroup(value) : Grouping::kInlined;
        if (group == Grouping::kInlined) {
          group = ir::IdAt<GroupId>(result_.groups.size());
          result_.groups.push_back({{}, output});
        }
        result_.group(group).values.push_back(value);
        result_.group_of[ir::Index(value)] = group;
      }
    }
  }

  // The first group of outputs whose loop can write `value` as well; kInlined if there is none.
  GroupId FindJoinableGroup(ValueId value) {
    for (GroupId group : ir::Ids<GroupId>(result_.groups.size())) {
      const Group& candidate = result_.group(group);
      if (!candidate.output || graph_.type(candidate.values[0]).shape != graph_.type(value).shape) continue;
      std::set<const Node*> value_reductions, group_reductions;
      bool blocked = false;
      std::set<std::pair<ValueId, bool>> seen;
      VisitProducers(value, group, true, value_reductions, blocked, seen);
      for (ValueId member : candidate.values) {
        bool ignored = false;
        seen.clear();
        VisitProducers(member, group, true, group_reductions, ignored, seen);
      }
      if (!blocked && (value_reductions.empty() || group_reductions.empty() || value_reductions == group_reductions))
        return group;
    }
    return Grouping::kInlined;
  }

  // Visits the nodes from which `value` is computed, and collects those reductions that its loop would run.
  // `pointwise`: all reads so far were of the same element and inside one loop.  If a member of the group is read in
  // any other way, `value` cannot join the group, and `blocked` is set.
  void VisitProducers(ValueId value, GroupId group, bool pointwise, std::set<const Node*>& reductions, bool& blocked,
                      std::set<std::pair<ValueId, bool>>& seen) {
    if (!seen.insert({value, pointwise}).second) return;
    const Node& node = *defining_.at(value);
    if (pointwise && node.op->is_reduction_loop()) reductions.insert(&node);
    for (ValueId input : node.inputs) {
      if (defining_.count(input) == 0) continue;
      const GroupId other = result_.GroupOf(input);
      const bool same =
          pointwise && passes::ReadsPointwise(graph_, node, input) && (other == Grouping::kInlined || other == group);
      if (other == group && !same) blocked = true;
      VisitProducers(input, group, same, reductions, blocked, seen);
    }
  }

  // Stores each expensive value that two loops would compute; returns whether there was one.
  bool StoreSharedValues() {
    std::map<ValueId, std::set<GroupId>> readers;
    bool changed = false;
    for (auto node = kernel_.body.rbegin(); node != kernel_.body.rend(); ++node) {
      std::set<GroupId> groups;
      for (ValueId output : node->outputs) {
        if (Stored(output)) {
          groups.insert(result_.GroupOf(output));
          continue;
        }
        groups.insert(readers[output].begin(), readers[output].end());
        if (readers[output].size() < 2 || cost_[ir::Index(output)] <= ir::kCheapCost) continue;
        stored_[ir::Index(output)] = true;
        changed = true;
      }
      for (ValueId input : node->inputs) readers[input].insert(groups.begin(), groups.end());
    }
    return changed;
  }

  const ir::Graph& graph_;
  const Node& kernel_;
  std::map<ValueId, const Node*> defining_;
  std::map<ValueId, std::vector<const Node*>> consumers_;
  std::vector<bool> stored_;
  std::vector<int> cost_;
  Grouping result_;
};

}  // namespace

Grouping GroupValues(const ir::Graph& graph, const Node& kernel) { return LoopGrouper(graph, kernel).Run(); }

}  // namespace brine::codegen
