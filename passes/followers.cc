#include "passes/followers.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "ir/op.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::ValueId;

constexpr size_t kMaxCandidates = 64;  // more would not fit into a kernel

class FollowerFinder {
 public:
  FollowerFinder(const Graph& graph, const Uses& uses, ValueId value, const RegionCallbacks& region)
      : graph_(graph), uses_(uses), region_(region), value_(value), producer_(uses.Producer(value)) {}

  std::vector<ValueId> Take(size_t limit) && {
    std::vector<ValueId> values = {value_};
    FindCandidates();
    if (candidates_.empty()) return values;
    FindDependences();
    FindBlocked();
    FindNeeded();
    for (NodeId id : candidates_) {
      if (taken_.size() == limit) break;
      if (needed_.count(id) == 0 || ReadsUntakenCandidate(node(id)) || !region_.take(id)) continue;
      taken_.insert(id);
      values.push_back(node(id).outputs[0]);
    }
    return values;
  }

 private:
  const Node& node(NodeId id) const { return graph_.node(id); }

  // The elementwise nodes of the value's shape on paths of such nodes from the value.
  void FindCandidates() {
    std::vector<ValueId> pending = {value_};
    while (!pending.empty()) {
      const ValueId from = pending.back();
      pending.pop_back();
      for (NodeId reader : uses_.Readers(from)) {
        const Node& follower = node(reader);
        if (!follower.op->is_elementwise() || follower.op->is_update() || !region_.is_free(reader)) continue;
        if (graph_.type(follower.outputs[0]).shape != graph_.type(value_).shape) continue;
        if (candidates_.size() == kMaxCandidates || !candidates_.insert(reader).second) continue;
        pending.push_back(follower.outputs[0]);
      }
    }
  }

  // How a node depends on the value: by paths without contractions only, or by one through a contraction.
  enum class Dependence { kNone, kWithoutContraction, kThroughContraction };

  void FindDependences() {
    dependences_.assign(Index(*candidates_.rbegin()) - Index(producer_) + 1, Dependence::kNone);
    dependences_[0] = Dependence::kWithoutContraction;
    for (size_t index = 1; index < dependences_.size(); ++index) {
      const Node& reader = node(ir::IdAt<NodeId>(Index(producer_) + index));
      Dependence& dependence = dependences_[index];
      for (ValueId input : reader.inputs) dependence = std::max(dependence, DependenceOf(uses_.Producer(input)));
      const bool is_contraction = reader.op->kind == ir::OpKind::kContraction;
      if (dependence != Dependence::kNone && is_contraction) dependence = Dependence::kThroughContraction;
    }
  }

  Dependence DependenceOf(NodeId id) const {
    return id < producer_ ? Dependence::kNone : dependences_[Index(id) - Index(producer_)];
  }

  // A candidate is blocked if an operand depends on the value through a node that the region will not compute: one that
  // is no candidate, or a candidate that is blocked itself.
  void FindBlocked() {
    for (NodeId id : candidates_) {
      for (ValueId input : node(id).inputs) {
        const NodeId from = uses_.Producer(input);
        if (DependenceOf(from) == Dependence::kNone || IsComputedInside(from) || !blocked_.insert(id).second) continue;
        if (blocked_.count(from) == 0 && DependenceOf(from) == Dependence::kWithoutContraction)
          RemarkBlocked(node(id), input);
      }
    }
  }

  bool IsComputedInside(NodeId id) const {
    return id == producer_ || (candidates_.count(id) != 0 && blocked_.count(id) == 0);
  }

  // Called only if no contraction is between the value and `input`: every gradient depends on the contractions of later
  // layers, and a remark on each of them would not help anybody.
  void RemarkBlocked(const Node& follower, ValueId input) {
    region_.remark(absl::StrCat(PlaceAndOp(graph_, follower), " not fused: it also reads ", graph_.value(input).name,
                                ", which is computed from all of ", graph_.value(value_).name));
  }

  // A candidate is needed if something else than blocked candidates needs its result.  Candidates are visited in
  // reverse, so that those that read a result come before the one that makes it.
  void FindNeeded() {
    for (auto id = candidates_.rbegin(); id != candidates_.rend(); ++id) {
      if (blocked_.count(*id) == 0 && IsNeeded(node(*id))) needed_.insert(*id);
    }
  }

  bool IsNeeded(const Node& follower) const {
    const std::vector<NodeId>& readers = uses_.Readers(follower.outputs[0]);
    return uses_.IsGraphResult(follower.outputs[0]) || std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
             return candidates_.count(reader) == 0 || needed_.count(reader) != 0;
           });
  }

  bool ReadsUntakenCandidate(const Node& follower) const {
    return std::any_of(follower.inputs.begin(), follower.inputs.end(), [&](ValueId input) {
      const NodeId producer = uses_.Producer(input);
      return candidates_.count(producer) != 0 && taken_.count(producer) == 0;
    });
  }

  const Graph& graph_;
  const Uses& uses_;
  const RegionCallbacks& region_;
  const ValueId value_;
  const NodeId producer_;
  std::vector<Dependence> dependences_;  // of the nodes from `producer_` to the last candidate
  std::set<NodeId> candidates_, blocked_, needed_, taken_;
};

}  // namespace

std::vector<ValueId> TakeFollowers(const Graph& graph, const Uses& uses, ValueId value, size_t limit,
                                   const RegionCallbacks& region) {
  return FollowerFinder(graph, uses, value, region).Take(limit);
}

std::string PlaceAndOp(const Graph& graph, const Node& node) {
  ir::Location line = node.locations.empty() ? ir::Location() : node.locations[0];
  line.layer.clear();
  return absl::StrCat(ir::PlaceOf(&line, graph.value(node.outputs[0]).name), ": ", node.op->name);
}

}  // namespace brine::passes
