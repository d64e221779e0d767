#include "passes/fuse.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/kinds.h"
#include "ir/status.h"
#include "passes/fuse_contraction.h"
#include "passes/fuse_head.h"
#include "passes/partition.h"
#include "passes/regions.h"
#include "passes/state_updates.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::ValueId;

constexpr size_t kMaxNodes = 20'000;  // of a graph whose groups are merged; the search takes quadratic time

// Limits on the state updates and on the elementwise nodes of a kernel, to bound the size of its code.
constexpr size_t kMaxUpdates = 16;
constexpr size_t kMaxElementwise = 16;

bool IsView(const Node& node) { return node.op->is_view(); }
bool IsConstant(const Node& node) { return node.op->is_source(); }
bool IsNumber(const Node& node) { return IsConstant(node) && ir::SourceValues(node).size() == 1; }

// Whether a loop over a sum may compute the node where it reads it.
bool IsCheap(const Node& node) { return node.op->kind == ir::OpKind::kElementwise && node.op->cost <= ir::kCheapCost; }

// Forms the groups.
class Grouper {
 public:
  Grouper(const Graph& graph, const Uses& uses, const FuseOptions& options)
      : graph_(graph), uses_(uses), options_(options), partition_(graph, uses), is_update_(FindUpdates(graph, uses)) {}

  Partition Run() && {
    if (!options_.generic_only && graph_.nodes.size() <= kMaxNodes) {
      FormHeads();
      FormContractions();
      TakeReductionsOfResults();
      MergeElementwise();
      MergeUpdates(/*by_optimizer=*/true);
      MergeUpdates(/*by_optimizer=*/false);
    }
    return std::move(partition_);
  }

 private:
  const Node& node(NodeId position) const { return graph_.node(position); }
  bool IsFree(NodeId position) const {
    const Group& group = partition_.group(partition_.GroupOf(position));
    return group.region == nullptr && group.nodes.size() == 1 && !IsUpdate(position);
  }
  bool IsUpdate(NodeId position) const { return is_update_[Index(position)]; }

  void Remark(const std::string& remark) {
    if (options_.remarks != nullptr) options_.remarks->push_back(remark);
  }

  // Adds a remark that a group cannot take in the node.
  void RemarkCycle(NodeId position, const char* region) {
    const Node& first = node(position);
    const ir::Location* location = first.locations.empty() ? nullptr : &first.locations[0];
    Remark(absl::StrCat(ir::PlaceOf(location, graph_.value(first.outputs[0]).name), ": ", first.op->name,
                        " not fused to ", region, ": a value would leave the kernel and enter it again"));
  }

  void FormHeads() {
    for (NodeId root : graph_.node_ids()) {
      if (!IsFree(root)) continue;
      const std::vector<NodeId> positions = FindHead(graph_, uses_, root);
      if (positions.empty() || !std::all_of(positions.begin(), positions.end(), [&](NodeId at) { return IsFree(at); }))
        continue;
      std::vector<GroupId> ids;
      for (NodeId position : positions) ids.push_back(partition_.GroupOf(position));
      if (partition_.Merge(ids, {}))
        partition_.SetRegion(ids[0], kHead);
      else
        RemarkCycle(root, kHead);
    }
  }

  void FormContractions() {
    for (NodeId root : graph_.node_ids()) {
      if (node(root).op->kind != ir::OpKind::kContraction || !IsFree(root)) continue;
      ContractionRegion region =
          FindContraction(graph_, uses_, root, [&](NodeId position) { return IsFree(position); });
      for (const std::string& remark : region.declined) Remark(remark);
      const GroupId id = partition_.GroupOf(root);
      partition_.Merge({id}, region.copies);
      for (NodeId position : region.chain) {
        if (TakeIn(id, position)) continue;
        RemarkCycle(position, kContraction);
        break;
      }
      for (NodeId position : region.reductions) TakeIn(id, position);
      partition_.SetRegion(id, kContraction);
      partition_.SetSparse(id, std::move(region.sparse));
    }
  }

  // Adds reductions of a contraction's results to its kernel, unless a contraction that reads the same value has taken
  // them.  They read what their kernel has stored, so something else must need the value too.
  void TakeReductionsOfResults() {
    for (NodeId position : graph_.node_ids()) {
      if (!IsChannelReduction(graph_, node(position)) || !IsFree(position)) continue;
      const ValueId value = node(position).inputs[0];
      const NodeId maker = uses_.Producer(value);
      if (maker == Uses::kNone) continue;
      const GroupId id = partition_.GroupOf(maker);
      if (partition_.group(id).region == kContraction && IsNeeded(value, id)) TakeIn(id, position);
    }
  }

  // Whether the value leaves the group for another reason than its reductions.
  bool IsNeeded(ValueId value, GroupId id) const {
    const std::vector<NodeId>& readers = uses_.Readers(value);
    return uses_.Leaves(value) || std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
             return partition_.GroupOf(reader) != id && !IsChannelReduction(graph_, node(reader));
           });
  }

  bool TakeIn(GroupId id, NodeId position) { return partition_.Merge({id, partition_.GroupOf(position)}, {}); }

  // A group that may become a loop, of which at most one op is not elementwise.
  struct LoopCandidate {
    bool open = false;
    int non_elementwise = 0;
    int expensive = 0;  // elementwise ops that are not cheap
  };
  LoopCandidate CandidateOf(GroupId id) const {
    LoopCandidate candidate;
    const Group& group = partition_.group(id);
    candidate.open = group.region == nullptr;
    for (NodeId position : group.nodes) {
      if (IsView(node(position)) || IsConstant(node(position)) || IsUpdate(position)) candidate.open = false;
      if (!node(position).op->is_elementwise())
        ++candidate.non_elementwise;
      else if (!IsCheap(node(position)))
        ++candidate.expensive;
    }
    return candidate;
  }

  void MergeElementwise() {
    for (NodeId position : graph_.node_ids()) {
      if (!CandidateOf(partition_.GroupOf(position)).open) continue;
      for (ValueId input : node(position).inputs) {
        const NodeId producer = uses_.Producer(input);
        const GroupId here = partition_.GroupOf(position);
        if (producer == Uses::kNone || partition_.GroupOf(producer) == here) continue;
        const GroupId there = partition_.GroupOf(producer);
        const LoopCandidate mine = CandidateOf(here), theirs = CandidateOf(there);
        if (!theirs.open) continue;
        const bool follows = node(position).op->is_elementwise() &&
                             mine.non_elementwise + theirs.non_elementwise <= 1 &&
                             SameShape(input, node(position).outputs[0]);
        const bool feeds = node(position).op->kind == ir::OpKind::kReduction && theirs.non_elementwise == 0 &&
                           theirs.expensive == 0 && partition_.group(there).nodes.size() <= 2 &&
                           uses_.Readers(input).size() == 1 && MakesOnly(there, input);
        const size_t size = partition_.group(here).nodes.size() + partition_.group(there).nodes.size();
        if ((follows || feeds) && size <= kMaxElementwise) partition_.Merge({there, here}, {});
      }
    }
  }

  bool SameShape(ValueId a, ValueId b) const { return graph_.type(a).shape == graph_.type(b).shape; }

  // Whether no value but `value` is read outside the group.
  bool MakesOnly(GroupId id, ValueId value) const {
    for (NodeId position : partition_.group(id).nodes) {
      for (ValueId output : node(position).outputs) {
        const std::vector<NodeId>& readers = uses_.Readers(output);
        const bool read_outside = std::any_of(readers.begin(), readers.end(),
                                              [&](NodeId reader) { return partition_.GroupOf(reader) != id; });
        if (uses_.Leaves(output) || (read_outside && output != value)) return false;
      }
    }
    return true;
  }

  // Groups the nodes that make the new contents of states.  Ops of kind update and copies go to different kernels,
  // since one kernel may join the updates of all parameters.
  void MergeUpdates(bool by_optimizer) {
    std::vector<GroupId> ids;
    const auto flush = [&] {
      if (ids.empty()) return;
      BRINE_CHECK(partition_.Merge(ids, {}));  // nothing reads their results
      partition_.SetRegion(ids[0], kUpdate);
      ids.clear();
    };
    for (NodeId position : graph_.node_ids()) {
      if (!IsUpdate(position) || node(position).op->is_update() != by_optimizer) continue;
      ids.push_back(partition_.GroupOf(position));
      if (ids.size() == kMaxUpdates) flush();
    }
    flush();
  }

  const Graph& graph_;
  const Uses& uses_;
  const FuseOptions& options_;
  Partition partition_;
  const std::vector<bool> is_update_;  // by node: it updates a state
};

// Writes the groups as kernels.
class Emitter {
 public:
  Emitter(Graph& graph, const Uses& uses, const Partition& partition)
      : graph_(graph), uses_(uses), partition_(partition), old_(graph.nodes) {}

  void Run() {
    FindHolders();
    const std::vector<bool> is_update = FindUpdates(graph_, uses_);
    const std::vector<GroupId> order = partition_.Order();
    graph_.nodes.clear();
    std::vector<GroupId> updates;
    for (GroupId id : order) {
      if (is_update[Index(partition_.group(id).nodes[0])])
        updates.push_back(id);
      else
        EmitGroup(id);
    }
    for (GroupId id : updates) EmitGroup(id);
    graph_.stage = ir::Stage::kFused;
  }

 private:
  const Node& old(NodeId position) const { return old_[Index(position)]; }

  // Finds the groups that compute each node.  If all readers of a node's own group copy it, that group is not emitted.
  void FindHolders() {
    holders_.resize(old_.size());
    for (size_t position = 0; position < old_.size(); ++position) {
      const GroupId id = partition_.GroupOf(ir::IdAt<NodeId>(position));
      for (NodeId copy : partition_.group(id).copies) holders_[Index(copy)].insert(id);
    }
    for (size_t position = old_.size(); position-- > 0;) {
      const GroupId own = partition_.GroupOf(ir::IdAt<NodeId>(position));
      if (IsNumber(old_[position])) {  // copied into kernels that read it; stays for other readers
        bool stays = false;
        for (ValueId value : old_[position].outputs) {
          stays |= uses_.Leaves(value);
          for (NodeId reader : uses_.Readers(value)) stays |= IsView(old(reader));
        }
        if (stays) holders_[position].insert(own);
        continue;
      }
      bool needed = holders_[position].empty() || partition_.group(own).nodes.size() > 1;
      for (ValueId value : old_[position].outputs) {
        needed |= uses_.Leaves(value);
        for (NodeId reader : uses_.Readers(value)) {
          for (GroupId holder : holders_[Index(reader)]) {
            const std::vector<NodeId>& copies = partition_.group(holder).copies;
            needed |=
                holder != own && std::find(copies.begin(), copies.end(), ir::IdAt<NodeId>(position)) == copies.end();
          }
        }
      }
      if (needed) holders_[position].insert(own);
    }
  }

  void EmitGroup(GroupId id) {
    const Group& group = partition_.group(id);
    std::vector<NodeId> positions = group.copies;
    for (NodeId position : group.nodes) {
      if (holders_[Index(position)].count(id) != 0) positions.push_back(position);
    }
    if (positions.empty()) return;
    std::sort(positions.begin(), positions.end());
    const Node& first = old(positions[0]);
    if (positions.size() == 1 && (IsView(first) || IsConstant(first))) {
      graph_.nodes.push_back(first);
      return;
    }
    Node kernel;
    kernel.region = group.region != nullptr ? group.region : kLoop;
    std::map<ValueId, ValueId> renamed;
    for (NodeId position : positions) AddToBody(position, IsCopy(group, position), renamed, kernel);
    for (const Node& node : kernel.body) {
      for (ValueId value : node.inputs) {
        const bool inside = made_here_.count(value) != 0;
        if (!inside && std::find(kernel.inputs.begin(), kernel.inputs.end(), value) == kernel.inputs.end())
          kernel.inputs.push_back(value);
      }
    }
    for (size_t input = 0; input < kernel.inputs.size(); ++input) {
      if (std::count(group.sparse.begin(), group.sparse.end(), kernel.inputs[input]) > 0) {
        kernel.sparse.push_back(static_cast<int64_t>(input));
      }
    }
    bool read = false;
    for (NodeId position : positions) {
      if (IsCopy(group, position)) continue;
      for (ValueId value : old(position).outputs) {
        const bool outside = IsReadOutside(value, id);
        if (outside || LeavesAlways(old(position), value)) kernel.outputs.push_back(value);
        read |= outside;
      }
    }
    made_here_.clear();
    if (!read) return;  // nothing reads its results: dce did not run
    graph_.nodes.push_back(std::move(kernel));
  }

  // In evaluation, too, a pool makes the index that only its gradient needs.  Then evaluation runs the kernel of
  // training, which is compiled and linked once.
  static bool LeavesAlways(const Node& node, ValueId value) {
    return node.op->kind == ir::OpKind::kWindow && value != node.outputs[0];
  }

  bool IsCopy(const Group& group, NodeId position) const {
    return std::find(group.copies.begin(), group.copies.end(), position) != group.copies.end();
  }

  void AddToBody(NodeId position, bool copy, std::map<ValueId, ValueId>& renamed, Node& kernel) {
    Node node = old(position);
    for (ValueId& input : node.inputs) {
      const NodeId maker = uses_.Producer(input);
      if (maker != Uses::kNone && IsNumber(old(maker)) && renamed.count(input) == 0)
        AddToBody(maker, true, renamed, kernel);
      const auto it = renamed.find(input);
      if (it != renamed.end()) input = it->second;
    }
    for (ValueId& output : node.outputs) {
      if (copy) output = renamed[output] = NameOfCopy(output);
      made_here_.insert(output);
    }
    AddLocations(node.locations, kernel);
    kernel.body.push_back(std::move(node));
  }

  // The first copy of a value that no group emits on its own is the value itself.
  ValueId NameOfCopy(ValueId value) {
    const bool elsewhere = holders_[Index(uses_.Producer(value))].count(partition_.GroupOf(uses_.Producer(value))) != 0;
    if (!elsewhere && taken_.insert(value).second) return value;
    return graph_.AddValue(graph_.value(value).name, graph_.type(value));
  }

  bool IsReadOutside(ValueId value, GroupId id) const {
    if (uses_.Leaves(value)) return true;
    for (NodeId reader : uses_.Readers(value)) {
      for (GroupId holder : holders_[Index(reader)]) {
        if (holder != id && !IsCopy(partition_.group(holder), uses_.Producer(value))) return true;
      }
    }
    return false;
  }

  Graph& graph_;
  const Uses& uses_;
  const Partition& partition_;
  const std::vector<Node> old_;
  std::vector<std::set<GroupId>> holders_;  // by node: the groups that compute the node
  std::set<ValueId> taken_;                 // values whose first copy has their name
  std::set<ValueId> made_here_;             // in the body that is being written
};

}  // namespace

absl::StatusOr<bool> Fuse(Graph& graph, const FuseOptions& options) {
  SeparateStates(graph);
  const Uses uses = FindUses(graph);
  const Partition partition = Grouper(graph, uses, options).Run();
  Emitter(graph, uses, partition).Run();
  return true;
}

}  // namespace brine::passes
