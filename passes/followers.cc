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
      : graph_(graph), uses_(uses), growth_(growth), value_(value) {}

  std::vector<ValueId> Take(size_t limit) && {
    FindCandidates();
    FindWaiting();
    FindUseful();
    std::vector<ValueId> values = {value_};
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

  // Candidates wait if they also read what is computed from the value by other nodes than candidates that do not wait.
  void FindWaiting() {
    if (candidates_.empty()) return;
    const NodeId producer = uses_.Producer(value_), last = *candidates_.rbegin();
    std::vector<Dependence> dependences(Index(last) - Index(producer) + 1, Dependence::kNone);  // from `producer` on
    const auto dependence_of = [&](NodeId id) -> Dependence& { return dependences[Index(id) - Index(producer)]; };
    dependence_of(producer) = Dependence::kWithoutContraction;
    for (size_t index = Index(producer) + 1; index <= Index(last); ++index) {
      const NodeId id = ir::IdAt<NodeId>(index);
      Dependence& dependence = dependence_of(id);
      for (ValueId input : node(id).inputs) {
        const NodeId from = uses_.Producer(input);
        if (from == Uses::kNone || from < producer || dependence_of(from) == Dependence::kNone) continue;
        dependence = std::max(dependence, dependence_of(from));
        if (from == producer || candidates_.count(id) == 0 || IsComputedInside(from)) continue;
        const bool is_new = waiting_.insert(id).second;
        if (is_new && waiting_.count(from) == 0 && dependence_of(from) == Dependence::kWithoutContraction)
          RemarkWaiting(node(id), input);
      }
      if (dependence != Dependence::kNone && node(id).op->kind == ir::OpKind::kContraction)
        dependence = Dependence::kThroughContraction;
    }
  }

  bool IsComputedInside(NodeId id) const { return candidates_.count(id) != 0 && waiting_.count(id) == 0; }

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
