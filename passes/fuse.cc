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

constexpr size_t kMaxSummands = 4;  // elementwise nodes before a reduction of results

// Limits on the state updates and on the elementwise nodes of a kernel, to bound the size of its code.
constexpr size_t kMaxUpdates = 16;
constexpr size_t kMaxElementwise = 16;

bool IsView(const Node& node) { return node.op->is_view(); }
bool IsConstant(const Node& node) { return node.op->is_source(); }
bool IsNumber(const Node& node) { return IsConstant(node) && ir::SourceValues(node).size() == 1; }

// Whether a loop over a sum may compute the node where it reads it.
bool IsCheap(const Node& node) { return node.op->kind == ir::OpKind::kElementwise && node.op->cost <= ir::kCheapCost; }

// Forms the groups of nodes that become kernels.
class KernelFormer {
 public:
  KernelFormer(const Graph& graph, const Uses& uses, const FuseOptions& options)
      : graph_(graph), uses_(uses), options_(options), partition_(graph, uses), is_update_(FindUpdates(graph, uses)) {}

  Partition Run() && {
    if (graph_.nodes.size() > kMaxNodes)
      Remark(absl::StrCat("nothing is fused: the graph has ", graph_.nodes.size(), " nodes, and at most ", kMaxNodes,
                          " are searched"));
    if (!options_.generic_only && graph_.nodes.size() <= kMaxNodes) {
      FormHeads();
      is_summand_ = FindSummands();
      FormContractions();
      TakeReductionsOfResults();
      MergeElementwise();
      MergeUpdates(/*by_optimizer=*/true);
      MergeUpdates(/*by_optimizer=*/false);
    }
    return std::move(partition_);
  }

 private:
  const Node& node(NodeId id) const { return graph_.node(id); }
  bool IsFree(NodeId node_id) const {
    const Group& group = partition_.group(partition_.GroupOf(node_id));
    return group.region == nullptr && group.nodes.size() == 1 && !IsUpdate(node_id);
  }
  bool IsUpdate(NodeId node_id) const { return is_update_[Index(node_id)]; }

  void Remark(const std::string& remark) {
    if (options_.remarks != nullptr) options_.remarks->push_back(remark);
  }

  // Adds a remark that a group cannot take in the node.
  void RemarkCycle(NodeId node_id, const char* region) {
    Remark(absl::StrCat(PlaceAndOp(graph_, node(node_id)), " not fused to ", region,
                        ": a value would leave the kernel and enter it again"));
  }

  void FormHeads() {
    for (NodeId root : graph_.node_ids()) {
      if (!IsFree(root)) continue;
      const std::vector<NodeId> node_ids = FindHead(graph_, uses_, root);
      if (node_ids.empty() ||
          !std::all_of(node_ids.begin(), node_ids.end(), [&](NodeId node_id) { return IsFree(node_id); }))
        continue;
      std::vector<GroupId> ids;
      for (NodeId node_id : node_ids) ids.push_back(partition_.GroupOf(node_id));
      if (partition_.Merge(ids, {}))
        partition_.SetRegion(ids[0], kHead);
      else
        RemarkCycle(root, kHead);
    }
  }

  void FormContractions() {
    for (NodeId root : graph_.node_ids()) {
      if (node(root).op->kind != ir::OpKind::kContraction || !IsFree(root)) continue;
      const GroupId id = partition_.GroupOf(root);
      const Growth growth = {
          .is_free = [&](NodeId node_id) { return IsFree(node_id) && !is_summand_[Index(node_id)]; },
          .take =
              [&](NodeId node_id) {
                const bool taken = TakeIn(id, node_id);
                if (!taken) RemarkCycle(node_id, kContraction);
                return taken;
              },
          .copy = [&](NodeId node_id) { partition_.Merge({id}, {node_id}); },
          .remark = [&](const std::string& sentence) { Remark(sentence); },
      };
      GrowContraction(graph_, uses_, root, growth);
      partition_.SetRegion(id, kContraction);
      partition_.SetSparse(id, SparseOperands(graph_, uses_, root, partition_.group(id).copies));
    }
  }

  // Adds channel reductions of what contractions make to their kernels, unless a contraction that reads the same value
  // has taken them.  Elementwise nodes that only such a reduction needs come along, such as the product in Σ dy·x.
  void TakeReductionsOfResults() {
    for (NodeId node_id : graph_.node_ids()) {
      if (!IsChannelReduction(graph_, node(node_id)) || !IsFree(node_id)) continue;
      std::vector<NodeId> summands;
      std::vector<ValueId> summed;
      CollectSummands(node(node_id).inputs[0], summands, summed);
      const auto made_by_contraction = std::find_if(summed.begin(), summed.end(), [&](ValueId value) {
        const NodeId producer = uses_.Producer(value);
        return producer != Uses::kNone && partition_.group(partition_.GroupOf(producer)).region == kContraction;
      });
      if (made_by_contraction == summed.end()) continue;
      const GroupId id = partition_.GroupOf(uses_.Producer(*made_by_contraction));
      std::vector<GroupId> ids = {id, partition_.GroupOf(node_id)};
      for (NodeId summand : summands) ids.push_back(partition_.GroupOf(summand));
      if (partition_.Merge(ids, {})) partition_.AddStored(id, summed);
    }
  }

  // By node: whether it is elementwise and only channel reductions need its results.
  std::vector<bool> FindSummands() const {
    std::vector<bool> is_summand(graph_.nodes.size());
    for (size_t index = graph_.nodes.size(); index-- > 0;) {
      const NodeId id = ir::IdAt<NodeId>(index);
      const std::vector<NodeId>& readers = uses_.Readers(node(id).outputs[0]);
      is_summand[index] = node(id).op->kind == ir::OpKind::kElementwise && IsFree(id) &&
                          !uses_.Leaves(node(id).outputs[0]) && !readers.empty() &&
                          std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
                            return IsChannelReduction(graph_, node(reader)) || is_summand[Index(reader)];
                          });
    }
    return is_summand;
  }

  // The summands that compute `value` for one reader, and the values `summed` from which they compute it.
  void CollectSummands(ValueId value, std::vector<NodeId>& summands, std::vector<ValueId>& summed) const {
    const NodeId producer = uses_.Producer(value);
    const bool collects = producer != Uses::kNone && is_summand_[Index(producer)] && uses_.Readers(value).size() == 1 &&
                          summands.size() < kMaxSummands;
    if (!collects) {
      summed.push_back(value);
      return;
    }
    summands.push_back(producer);
    for (ValueId input : node(producer).inputs) CollectSummands(input, summands, summed);
  }

  bool TakeIn(GroupId id, NodeId node_id) { return partition_.Merge({id, partition_.GroupOf(node_id)}, {}); }

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
    for (NodeId node_id : group.nodes) {
      if (IsView(node(node_id)) || IsConstant(node(node_id)) || IsUpdate(node_id)) candidate.open = false;
      if (!node(node_id).op->is_elementwise())
        ++candidate.non_elementwise;
      else if (!IsCheap(node(node_id)))
        ++candidate.expensive;
    }
    return candidate;
  }

  void MergeElementwise() {
    for (NodeId node_id : graph_.node_ids()) {
      if (!CandidateOf(partition_.GroupOf(node_id)).open) continue;
      for (ValueId input : node(node_id).inputs) {
        const NodeId producer = uses_.Producer(input);
        const GroupId here = partition_.GroupOf(node_id);
        if (producer == Uses::kNone || partition_.GroupOf(producer) == here) continue;
        const GroupId there = partition_.GroupOf(producer);
        const LoopCandidate mine = CandidateOf(here), theirs = CandidateOf(there);
        if (!theirs.open) continue;
        const bool is_summand = is_summand_[Index(node_id)] && IsCheap(node(node_id));  // joins its reduction
        const bool follows = node(node_id).op->is_elementwise() && !is_summand &&
                             mine.non_elementwise + theirs.non_elementwise <= 1 &&
                             SameShape(input, node(node_id).outputs[0]);
        const bool feeds = node(node_id).op->kind == ir::OpKind::kReduction && theirs.non_elementwise == 0 &&
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
    for (NodeId node_id : partition_.group(id).nodes) {
      for (ValueId output : node(node_id).outputs) {
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
    for (NodeId node_id : graph_.node_ids()) {
      if (!IsUpdate(node_id) || node(node_id).op->is_update() != by_optimizer) continue;
      ids.push_back(partition_.GroupOf(node_id));
      if (ids.size() == kMaxUpdates) flush();
    }
    flush();
  }

  const Graph& graph_;
  const Uses& uses_;
  const FuseOptions& options_;
  Partition partition_;
  const std::vector<bool> is_update_;  // by node: it updates a state
  std::vector<bool> is_summand_;       // by node: see FindSummands
};

// Writes the groups as kernels.
class KernelWriter {
 public:
  KernelWriter(Graph& graph, const Uses& uses, const Partition& partition)
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
  const Node& old(NodeId id) const { return old_[Index(id)]; }

  // Finds the groups that compute each node.  If all readers of a node's own group copy it, that group is not emitted.
  void FindHolders() {
    holders_.resize(old_.size());
    for (size_t index = 0; index < old_.size(); ++index) {
      const GroupId id = partition_.GroupOf(ir::IdAt<NodeId>(index));
      for (NodeId copy : partition_.group(id).copies) holders_[Index(copy)].insert(id);
    }
    for (size_t index = old_.size(); index-- > 0;) {
      const GroupId own = partition_.GroupOf(ir::IdAt<NodeId>(index));
      if (IsNumber(old_[index])) {  // copied into kernels that read it; stays for other readers
        bool stays = false;
        for (ValueId value : old_[index].outputs) {
          stays |= uses_.Leaves(value);
          for (NodeId reader : uses_.Readers(value)) stays |= IsView(old(reader));
        }
        if (stays) holders_[index].insert(own);
        continue;
      }
      bool needed = holders_[index].empty() || partition_.group(own).nodes.size() > 1;
      for (ValueId value : old_[index].outputs) {
        needed |= uses_.Leaves(value);
        for (NodeId reader : uses_.Readers(value)) {
          for (GroupId holder : holders_[Index(reader)]) {
            const std::vector<NodeId>& copies = partition_.group(holder).copies;
            needed |= holder != own && std::find(copies.begin(), copies.end(), ir::IdAt<NodeId>(index)) == copies.end();
          }
        }
      }
      if (needed) holders_[index].insert(own);
    }
  }

  void EmitGroup(GroupId id) {
    const Group& group = partition_.group(id);
    std::vector<NodeId> node_ids = group.copies;
    for (NodeId node_id : group.nodes) {
      if (holders_[Index(node_id)].count(id) != 0) node_ids.push_back(node_id);
    }
    if (node_ids.empty()) return;
    std::sort(node_ids.begin(), node_ids.end());
    const Node& first = old(node_ids[0]);
    if (node_ids.size() == 1 && (IsView(first) || IsConstant(first))) {
      graph_.nodes.push_back(first);
      return;
    }
    Node kernel;
    kernel.region = group.region != nullptr ? group.region : kLoop;
    std::map<ValueId, ValueId> renamed;
    for (NodeId node_id : node_ids) AddToBody(node_id, IsCopy(group, node_id), renamed, kernel);
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
    for (NodeId node_id : node_ids) {
      if (IsCopy(group, node_id)) continue;
      for (ValueId value : old(node_id).outputs) {
        const bool outside = IsReadOutside(value, id);
        const bool stored = std::count(group.stored.begin(), group.stored.end(), value) > 0;
        if (outside || stored || IsStoredInEveryFunction(old(node_id), value)) kernel.outputs.push_back(value);
        read |= outside;
      }
    }
    made_here_.clear();
    if (!read) return;  // nothing reads its results: dce did not run
    graph_.nodes.push_back(std::move(kernel));
  }

  // Whether the value is stored although nothing may read it: the index of a pool, which only the pool's gradient
  // needs. Evaluate stores it too, so that it reuses the kernel of train, which is compiled and linked once.
  static bool IsStoredInEveryFunction(const Node& node, ValueId value) {
    return node.op->kind == ir::OpKind::kWindow && value != node.outputs[0];
  }

  bool IsCopy(const Group& group, NodeId node_id) const {
    return std::find(group.copies.begin(), group.copies.end(), node_id) != group.copies.end();
  }

  void AddToBody(NodeId node_id, bool copy, std::map<ValueId, ValueId>& renamed, Node& kernel) {
    Node node = old(node_id);
    for (ValueId& input : node.inputs) {
      const NodeId producer = uses_.Producer(input);
      if (producer != Uses::kNone && IsNumber(old(producer)) && renamed.count(input) == 0)
        AddToBody(producer, true, renamed, kernel);
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
  const Partition partition = KernelFormer(graph, uses, options).Run();
  KernelWriter(graph, uses, partition).Run();
  return true;
}

}  // namespace brine::passes
