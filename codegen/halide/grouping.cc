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

constexpr int kReductionCost = 1000;  // more than any chain of cheap ops

// The operations for one element of the op's results, without those for its operands.
int OwnCost(const ir::Op& op) { return op.is_reduction_loop() ? kReductionCost : op.cost; }

// Decides which values of one kernel are stored, and groups these by the loops that write them.
class LoopGrouper {
 public:
  LoopGrouper(const ir::Graph& graph, const Node& kernel)
      : graph_(graph), kernel_(kernel), stored_(graph.values.size(), false) {
    for (const Node& node : kernel.body) {
      for (ValueId value : node.outputs) producers_[value] = &node;
      for (ValueId value : node.inputs) consumers_[value].push_back(&node);
    }
    for (ValueId value : kernel.outputs) stored_[ir::Index(value)] = true;
  }

  Grouping Run() {
    do {
      StoreRereadValues();
      GroupStoredValues();
    } while (StoreSharedValues());
    OrderResultsOfUpdates();
    return result_;
  }

 private:
  bool IsStored(ValueId value) const { return stored_[ir::Index(value)]; }

  // A loop stores its values one after another, and may load a state again for each of them.  What follows from an
  // update reads all that the update reads, so it is stored before the update overwrites that.
  void OrderResultsOfUpdates() {
    const bool updates =
        std::any_of(kernel_.body.begin(), kernel_.body.end(), [](const Node& node) { return node.op->is_update(); });
    for (LoopGroup& group : result_.groups) {
      if (!updates || !group.is_output) continue;
      std::stable_sort(group.values.begin(), group.values.end(),
                       [&](ValueId a, ValueId b) { return producers_.at(a) > producers_.at(b); });
    }
  }

  // Stores each expensive value that some reader does not read element by element: the reader would compute an element
  // once for each time that it reads it.
  void StoreRereadValues() {
    cost_.assign(graph_.values.size(), 0);
    for (const Node& node : kernel_.body) {
      int cost = OwnCost(*node.op);
      for (ValueId input : std::set<ValueId>(node.inputs.begin(), node.inputs.end())) {  // x·x computes x once
        if (producers_.count(input) != 0 && !IsStored(input)) cost += cost_[ir::Index(input)];
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
        if (!IsStored(value)) continue;
        const bool is_output =
            std::find(kernel_.outputs.begin(), kernel_.outputs.end(), value) != kernel_.outputs.end();
        LoopGroupId group = is_output ? FindJoinableGroup(value) : Grouping::kInlined;
        if (group == Grouping::kInlined) {
          group = ir::IdAt<LoopGroupId>(result_.groups.size());
          result_.groups.push_back({{}, is_output});
        }
        result_.group(group).values.push_back(value);
        result_.group_of[ir::Index(value)] = group;
      }
    }
  }

  // The first group of outputs whose loop can write `value` as well; kInlined if there is none.
  LoopGroupId FindJoinableGroup(ValueId value) {
    for (LoopGroupId group : ir::Ids<LoopGroupId>(result_.groups.size())) {
      const LoopGroup& candidate = result_.group(group);
      if (!candidate.is_output || graph_.type(candidate.values[0]).shape != graph_.type(value).shape) continue;
      std::set<const Node*> value_reductions, group_reductions;
      bool is_blocked = false;
      std::set<std::pair<ValueId, bool>> seen;
      VisitProducers(value, group, true, value_reductions, is_blocked, seen);
      for (ValueId member : candidate.values) {
        bool ignored = false;
        seen.clear();
        VisitProducers(member, group, true, group_reductions, ignored, seen);
      }
      if (!is_blocked && (value_reductions.empty() || group_reductions.empty() || value_reductions == group_reductions))
        return group;
    }
    return Grouping::kInlined;
  }

  // Visits the nodes from which `value` is computed, and adds to `reductions` those that the loop of `value` would run.
  // `is_pointwise` says whether every read on the way from the first value was of the same element and inside the same
  // loop.  Sets `is_blocked` if a member of `group` is read in any other way, since its loop has not finished then.
  // `seen` holds the arguments of earlier visits.
  void VisitProducers(ValueId value, LoopGroupId group, bool is_pointwise, std::set<const Node*>& reductions,
                      bool& is_blocked, std::set<std::pair<ValueId, bool>>& seen) {
    if (!seen.insert({value, is_pointwise}).second) return;
    const Node& node = *producers_.at(value);
    if (is_pointwise && node.op->is_reduction_loop()) reductions.insert(&node);
    for (ValueId input : node.inputs) {
      if (producers_.count(input) == 0) continue;
      const LoopGroupId input_group = result_.GroupOf(input);
      const bool is_input_pointwise = is_pointwise && passes::ReadsPointwise(graph_, node, input) &&
                                      (input_group == Grouping::kInlined || input_group == group);
      if (input_group == group && !is_input_pointwise) is_blocked = true;
      VisitProducers(input, group, is_input_pointwise, reductions, is_blocked, seen);
    }
  }

  // Stores each expensive value that two groups read, directly or through inlined values, since both loops would
  // compute it.  Returns whether there was one; then the groups have changed.
  bool StoreSharedValues() {
    std::map<ValueId, std::set<LoopGroupId>> reader_groups;
    bool has_changed = false;
    for (auto node = kernel_.body.rbegin(); node != kernel_.body.rend(); ++node) {
      std::set<LoopGroupId> groups;
      for (ValueId output : node->outputs) {
        if (IsStored(output)) {
          groups.insert(result_.GroupOf(output));
          continue;
        }
        groups.insert(reader_groups[output].begin(), reader_groups[output].end());
        if (reader_groups[output].size() < 2 || cost_[ir::Index(output)] <= ir::kCheapCost) continue;
        stored_[ir::Index(output)] = true;
        has_changed = true;
      }
      for (ValueId input : node->inputs) reader_groups[input].insert(groups.begin(), groups.end());
    }
    return has_changed;
  }

  const ir::Graph& graph_;
  const Node& kernel_;
  std::map<ValueId, const Node*> producers_;
  std::map<ValueId, std::vector<const Node*>> consumers_;
  std::vector<bool> stored_;
  std::vector<int> cost_;
  Grouping result_;
};

}  // namespace

Grouping GroupValues(const ir::Graph& graph, const Node& kernel) { return LoopGrouper(graph, kernel).Run(); }

}  // namespace brine::codegen
