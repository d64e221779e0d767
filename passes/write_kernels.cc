#include "passes/write_kernels.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "ir/kinds.h"
#include "passes/regions.h"
#include "passes/state_updates.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::ValueId;

bool IsNumber(const Node& node) { return node.op->is_source() && ir::SourceValues(node).size() == 1; }

class KernelWriter {
 public:
  KernelWriter(Graph& graph, const Uses& uses, const Partition& partition)
      : graph_(graph), uses_(uses), partition_(partition), original_nodes_(graph.nodes) {}

  void Run() {
    FindComputingGroups();
    const std::vector<NodeId> update_of = FindUpdates(graph_, uses_);
    const std::vector<GroupId> order = partition_.Order();
    graph_.nodes.clear();
    // What works on shards comes first, then what works on the batch, and the updates come last.
    std::vector<GroupId> of_batch, updates;
    std::set<GroupId> after_shards;
    for (GroupId id : order) {
      const bool is_after = FollowsShards(id, after_shards);
      if (is_after) after_shards.insert(id);
      if (update_of[Index(partition_.group(id).nodes[0])] != Uses::kNone)
        updates.push_back(id);
      else if (is_after)
        of_batch.push_back(id);
      else
        EmitGroup(id);
    }
    for (GroupId id : of_batch) EmitGroup(id);
    for (GroupId id : updates) EmitGroup(id);
    graph_.stage = ir::Stage::kFused;
  }

 private:
  const Node& OriginalNode(NodeId id) const { return original_nodes_[Index(id)]; }

  // Whether the group ends the shards or depends on one of `after_shards`, the groups before it that do.
  bool FollowsShards(GroupId id, const std::set<GroupId>& after_shards) const {
    const Group& group = partition_.group(id);
    const auto follows = [&](NodeId node_id) {
      const Node& node = OriginalNode(node_id);
      return node.op->ends_shard || std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
               const NodeId producer = uses_.Producer(input);
               return producer != Uses::kNone && after_shards.count(partition_.GroupOf(producer)) != 0;
             });
    };
    return std::any_of(group.nodes.begin(), group.nodes.end(), follows) ||
           std::any_of(group.copies.begin(), group.copies.end(), follows);
  }

  // Finds the groups that compute each node.  A node that all of its readers compute again gets no kernel of its own.
  void FindComputingGroups() {
    computing_groups_.resize(original_nodes_.size());
    for (size_t index = 0; index < original_nodes_.size(); ++index) {
      const GroupId id = partition_.GroupOf(ir::IdAt<NodeId>(index));
      for (NodeId copy : partition_.group(id).copies) computing_groups_[Index(copy)].insert(id);
    }
    for (size_t index = original_nodes_.size(); index-- > 0;) {
      const GroupId own = partition_.GroupOf(ir::IdAt<NodeId>(index));
      if (IsNumber(original_nodes_[index])) {  // copied into kernels that read it; stays for other readers
        bool stays = false;
        for (ValueId value : original_nodes_[index].outputs) {
          stays |= uses_.IsGraphResult(value);
          for (NodeId reader : uses_.Readers(value)) stays |= OriginalNode(reader).op->is_view();
        }
        if (stays) computing_groups_[index].insert(own);
        continue;
      }
      bool needed = computing_groups_[index].empty() || partition_.group(own).nodes.size() > 1;
      for (ValueId value : original_nodes_[index].outputs) {
        needed |= uses_.IsGraphResult(value);
        for (NodeId reader : uses_.Readers(value)) {
          for (GroupId holder : computing_groups_[Index(reader)]) {
            const std::vector<NodeId>& copies = partition_.group(holder).copies;
            needed |= holder != own && std::find(copies.begin(), copies.end(), ir::IdAt<NodeId>(index)) == copies.end();
          }
        }
      }
      if (needed) computing_groups_[index].insert(own);
    }
  }

  void EmitGroup(GroupId id) {
    const Group& group = partition_.group(id);
    std::vector<NodeId> node_ids = group.copies;
    for (NodeId node_id : group.nodes) {
      if (computing_groups_[Index(node_id)].count(id) != 0) node_ids.push_back(node_id);
    }
    if (node_ids.empty()) return;
    std::sort(node_ids.begin(), node_ids.end());
    const Node& first = OriginalNode(node_ids[0]);
    if (node_ids.size() == 1 && (first.op->is_view() || first.op->is_source())) {
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
      for (ValueId value : OriginalNode(node_id).outputs) {
        const bool outside = IsReadOutside(value, id);
        const bool stored = std::count(group.stored.begin(), group.stored.end(), value) > 0;
        if (outside || stored || IsStoredInEveryFunction(OriginalNode(node_id), value)) kernel.outputs.push_back(value);
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
    Node node = OriginalNode(node_id);
    for (ValueId& input : node.inputs) {
      const NodeId producer = uses_.Producer(input);
      if (producer != Uses::kNone && IsNumber(OriginalNode(producer)) && renamed.count(input) == 0)
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
    const bool elsewhere =
        computing_groups_[Index(uses_.Producer(value))].count(partition_.GroupOf(uses_.Producer(value))) != 0;
    if (!elsewhere && names_of_copies_.insert(value).second) return value;
    return graph_.AddValue(graph_.value(value).name, graph_.type(value));
  }

  bool IsReadOutside(ValueId value, GroupId id) const {
    if (uses_.IsGraphResult(value)) return true;
    for (NodeId reader : uses_.Readers(value)) {
      for (GroupId holder : computing_groups_[Index(reader)]) {
        if (holder != id && !IsCopy(partition_.group(holder), uses_.Producer(value))) return true;
      }
    }
    return false;
  }

  Graph& graph_;
  const Uses& uses_;
  const Partition& partition_;
  const std::vector<Node> original_nodes_;
  std::vector<std::set<GroupId>> computing_groups_;  // by node: the groups that compute the node
  std::set<ValueId> names_of_copies_;                // values whose first copy has their name
  std::set<ValueId> made_here_;                      // in the body that is being written
};

}  // namespace

void WriteKernels(Graph& graph, const Uses& uses, const Partition& partition) {
  KernelWriter(graph, uses, partition).Run();
}

}  // namespace brine::passes
