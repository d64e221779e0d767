#include "passes/followers.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::ValueId;

constexpr size_t kMaxCandidates = 64;  // more would not fit into a kernel

class FollowerFinder {
 public:
  FollowerFinder(const Graph& graph, const Uses& uses, ValueId value, const Growth& growth)
      : graph_(graph), uses_(uses), growth_(growth), value_(value), producer_(uses.Producer(value)) {}

  std::vector<ValueId> Take(size_t limit) && {
    std::vector<ValueId> values = {value_};
    FindCandidates();
    if (candidates_.empty()) return values;
    FindDependences();
    FindWaiting();
    FindUseful();
    for (NodeId id : candidates_) {
      if (taken_.size() == limit) break;
      if (useful_.count(id) == 0 || ReadsCandidateThatWasNotTaken(node(id)) || !growth_.take(id)) continue;
      taken_.insert(id);
      values.insert(values.end(), node(id).outputs.begin(), node(id).outputs.end());
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
        if (!follower.op->is_elementwise() || follower.op->is_update() || !growth_.is_free(reader)) continue;
        if (graph_.type(follower.outputs[0]).shape != graph_.type(value_).shape) continue;
        if (candidates_.size() == kMaxCandidates || !candidates_.insert(reader).second) continue;
        pending.insert(pending.end(), follower.outputs.begin(), follower.outputs.end());
      }
    }
  }

  // How a node depends on the value.
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

  // Candidates wait if they also read what is computed from the value by other nodes than candidates that do not wait.
  void FindWaiting() {
    for (NodeId id : candidates_) {
      for (ValueId input : node(id).inputs) {
        const NodeId from = uses_.Producer(input);
        if (DependenceOf(from) == Dependence::kNone || IsComputedInside(from) || !waiting_.insert(id).second) continue;
        if (waiting_.count(from) == 0 && DependenceOf(from) == Dependence::kWithoutContraction)
          RemarkWaiting(node(id), input);
      }
    }
  }

  bool IsComputedInside(NodeId id) const {
    return id == producer_ || (candidates_.count(id) != 0 && waiting_.count(id) == 0);
  }

  // Every gradient waits for what a later layer computes by a contraction; a remark on each would tell nobody anything.
  void RemarkWaiting(const Node& follower, ValueId input) {
    growth_.remark(absl::StrCat(PlaceAndOp(graph_, follower), " not fused: it also reads ", graph_.value(input).name,
                                ", which is computed from all of ", graph_.value(value_).name));
  }

  // Readers come after the nodes whose results they read.
  void FindUseful() {
    for (auto id = candidates_.rbegin(); id != candidates_.rend(); ++id) {
      if (waiting_.count(*id) == 0 && IsNeeded(node(*id))) useful_.insert(*id);
    }
  }

  bool IsNeeded(const Node& follower) const {
    return std::any_of(follower.outputs.begin(), follower.outputs.end(), [&](ValueId output) {
      const std::vector<NodeId>& readers = uses_.Readers(output);
      return uses_.Leaves(output) || std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
               return candidates_.count(reader) == 0 || useful_.count(reader) != 0;
             });
    });
  }

  bool ReadsCandidateThatWasNotTaken(const Node& follower) const {
    return std::any_of(follower.inputs.begin(), follower.inputs.end(), [&](ValueId input) {
      const NodeId producer = uses_.Producer(input);
      return candidates_.count(producer) != 0 && taken_.count(producer) == 0;
    });
  }

  const Graph& graph_;
  const Uses& uses_;
  const Growth& growth_;
  const ValueId value_;
  const NodeId producer_;
  std::vector<Dependence> dependences_;  // of the nodes from `producer_` to the last candidate
  std::set<NodeId> candidates_, waiting_, useful_, taken_;
};

}  // namespace

std::vector<ValueId> TakeFollowers(const Graph& graph, const Uses& uses, ValueId value, size_t limit,
                                   const Growth& growth) {
  return FollowerFinder(graph, uses, value, growth).Take(limit);
}

std::string PlaceAndOp(const Graph& graph, const Node& node) {
  ir::Location line = node.locations.empty() ? ir::Location() : node.locations[0];
  line.layer.clear();
  return absl::StrCat(ir::PlaceOf(&line, graph.value(node.outputs[0]).name), ": ", node.op->name);
}

}  // namespace brine::passes
