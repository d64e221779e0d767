#include "passes/fuse.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/kinds.h"
#include "passes/fuse_contraction.h"
#include "passes/fuse_head.h"
#include "passes/partition.h"
#include "passes/regions.h"
#include "passes/state_updates.h"
#include "passes/write_kernels.h"

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

// Whether a loop over a sum may compute the node where it reads it.
bool IsCheap(const Node& node) { return node.op->kind == ir::OpKind::kElementwise && node.op->cost <= ir::kCheapCost; }

// Forms the groups of nodes that become kernels.
class KernelFormer {
 public:
  KernelFormer(const Graph& graph, const Uses& uses, const FuseOptions& options)
      : graph_(graph), uses_(uses), options_(options), partition_(graph, uses), update_of_(FindUpdates(graph, uses)) {}

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
      MergeUpdates(/*by_optimizer=*/true, kMaxUpdates);
      MergeUpdates(/*by_optimizer=*/false, kMaxUpdates);
    } else {
      MergeUpdates(/*by_optimizer=*/true, 1);  // what is computed with an update may overwrite what others of it read
    }
    return std::move(partition_);
  }

 private:
  const Node& node(NodeId id) const { return graph_.node(id); }
  bool IsFree(NodeId node_id) const {
    const Group& group = partition_.group(partition_.GroupOf(node_id));
    return group.region == nullptr && group.nodes.size() == 1 && !IsUpdate(node_id) && !node(node_id).op->ends_shard;
  }
  bool IsUpdate(NodeId node_id) const { return update_of_[Index(node_id)] != Uses::kNone; }

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
      const std::vector<NodeId> node_ids =
          FindHead(graph_, uses_, root, [&](NodeId node_id) { return IsFree(node_id); });
      if (node_ids.empty()) continue;
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
      const RegionCallbacks region = {
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
      GrowContraction(graph_, uses_, root, region);
      partition_.SetRegion(id, kContraction);
      partition_.SetSparse(id, SparseValues(graph_, uses_, root, partition_.group(id)));
    }
  }

  // Adds channel reductions of what contractions make to their kernels, unless a contraction that reads the same value
  // has taken them.  Elementwise nodes that only such a reduction needs come along, such as the product in Σ dy·x.
  void TakeReductionsOfResults() {
    for (NodeId node_id : graph_.node_ids()) {
      if (!IsChannelReduction(graph_, node(node_id)) || !IsFree(node_id)) continue;
      std::vector<NodeId> summands;
      std::vector<ValueId> leaves;
      CollectSummands(node(node_id).inputs[0], summands, leaves);
      const std::set<NodeId> producers = ContractionsOf(leaves);
      // An earlier contraction cannot take in the sum if a later one depends on it.
      const bool taken = std::any_of(producers.rbegin(), producers.rend(), [&](NodeId producer) {
        const GroupId id = partition_.GroupOf(producer);
        if (ReadsReductionOf(id, leaves)) return false;
        std::vector<GroupId> ids = {id, partition_.GroupOf(node_id)};
        for (NodeId summand : summands) ids.push_back(partition_.GroupOf(summand));
        if (!partition_.Merge(ids, {})) return false;
        partition_.AddStored(id, leaves);
        return true;
      });
      if (!taken && !producers.empty()) RemarkCycle(node_id, kContraction);
    }
  }

  // Whether one of the values is a side reduction of the group, which is complete only after the group's kernel.
  bool ReadsReductionOf(GroupId id, const std::vector<ValueId>& values) const {
    return std::any_of(values.begin(), values.end(), [&](ValueId value) {
      const NodeId producer = uses_.Producer(value);
      return producer != Uses::kNone && partition_.GroupOf(producer) == id &&
             node(producer).op->kind == ir::OpKind::kReduction;
    });
  }

  // The nodes in kernels of contractions that make these values, without reductions.
  std::set<NodeId> ContractionsOf(const std::vector<ValueId>& values) const {
    std::set<NodeId> producers;
    for (ValueId value : values) {
      const NodeId producer = uses_.Producer(value);
      if (producer == Uses::kNone || node(producer).op->kind == ir::OpKind::kReduction) continue;
      if (partition_.group(partition_.GroupOf(producer)).region == kContraction) producers.insert(producer);
    }
    return producers;
  }

  // By node: whether it is elementwise, and one node alone reads its result: a channel reduction, or another summand.
  std::vector<bool> FindSummands() const {
    std::vector<bool> is_summand(graph_.nodes.size());
    for (size_t index = graph_.nodes.size(); index-- > 0;) {
      const NodeId id = ir::IdAt<NodeId>(index);
      const ValueId result = node(id).outputs[0];
      const std::vector<NodeId>& readers = uses_.Readers(result);
      const bool has_one_reader = !readers.empty() && readers.front() == readers.back() && !uses_.IsGraphResult(result);
      is_summand[index] = node(id).op->kind == ir::OpKind::kElementwise && IsFree(id) && has_one_reader &&
                          (IsChannelReduction(graph_, node(readers[0])) || is_summand[Index(readers[0])]);
    }
    return is_summand;
  }

  // The summands that compute `value`, and the values `leaves` from which they compute it.
  void CollectSummands(ValueId value, std::vector<NodeId>& summands, std::vector<ValueId>& leaves) const {
    const NodeId producer = uses_.Producer(value);
    if (std::find(summands.begin(), summands.end(), producer) != summands.end()) return;  // d·d reads d twice
    if (producer == Uses::kNone || !is_summand_[Index(producer)] || summands.size() == kMaxSummands) {
      leaves.push_back(value);
      return;
    }
    summands.push_back(producer);
    for (ValueId input : node(producer).inputs) CollectSummands(input, summands, leaves);
  }

  bool IsCheapSummand(NodeId node_id) const { return is_summand_[Index(node_id)] && IsCheap(node(node_id)); }

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
      if (node(node_id).op->is_view() || node(node_id).op->is_source() || IsUpdate(node_id)) candidate.open = false;
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
        const GroupId reading_group = partition_.GroupOf(node_id);
        if (producer == Uses::kNone || partition_.GroupOf(producer) == reading_group) continue;
        const GroupId producing_group = partition_.GroupOf(producer);
        const LoopCandidate reading = CandidateOf(reading_group), producing = CandidateOf(producing_group);
        if (!producing.open) continue;
        // A cheap summand joins its reduction, and before that the cheap summands from which it is computed.
        const bool is_summand = IsCheapSummand(node_id);
        const bool follows = node(node_id).op->is_elementwise() && (!is_summand || IsCheapSummand(producer)) &&
                             reading.non_elementwise + producing.non_elementwise <= 1 &&
                             SameShape(input, node(node_id).outputs[0]);
        const bool feeds = node(node_id).op->kind == ir::OpKind::kReduction && producing.non_elementwise == 0 &&
                           producing.expensive == 0 && partition_.group(producing_group).nodes.size() <= kMaxSummands &&
                           uses_.Readers(input).size() == 1 && MakesOnly(producing_group, input);
        const size_t size =
            partition_.group(reading_group).nodes.size() + partition_.group(producing_group).nodes.size();
        if ((follows || feeds) && size <= kMaxElementwise) partition_.Merge({producing_group, reading_group}, {});
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
        if (uses_.IsGraphResult(output) || (read_outside && output != value)) return false;
      }
    }
    return true;
  }

  // Groups the nodes that make the new contents of states.  Updates by the optimizer, each with the nodes around it,
  // and copies go to different kernels, since one kernel may join the updates of all parameters.
  void MergeUpdates(bool by_optimizer, size_t most_in_a_kernel) {
    std::map<NodeId, std::vector<GroupId>> groups_of;  // by the node that stands for an update
    for (NodeId node_id : graph_.node_ids()) {
      const NodeId update = update_of_[Index(node_id)];
      if (update == Uses::kNone || node(update).op->is_update() != by_optimizer) continue;
      groups_of[update].push_back(partition_.GroupOf(node_id));
    }
    std::vector<GroupId> ids;
    size_t updates = 0;
    const auto flush = [&] {
      if (ids.empty()) return;
      BRINE_CHECK(partition_.Merge(ids, {}));  // nothing else reads their results
      partition_.SetRegion(ids[0], kUpdate);
      ids.clear();
      updates = 0;
    };
    for (const auto& [update, groups] : groups_of) {
      ids.insert(ids.end(), groups.begin(), groups.end());
      if (++updates == most_in_a_kernel) flush();
    }
    flush();
  }

  const Graph& graph_;
  const Uses& uses_;
  const FuseOptions& options_;
  Partition partition_;
  const std::vector<NodeId> update_of_;  // by node: see FindUpdates
  std::vector<bool> is_summand_;         // by node: see FindSummands
};

}  // namespace

absl::StatusOr<bool> Fuse(Graph& graph, const FuseOptions& options) {
  SeparateStates(graph);
  const Uses uses = FindUses(graph);
  const Partition partition = KernelFormer(graph, uses, options).Run();
  WriteKernels(graph, uses, partition);
  return true;
}

}  // namespace brine::passes
