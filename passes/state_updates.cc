#include "passes/state_updates.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "ir/kinds.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::ValueId;

constexpr size_t kMaxNodesOfUpdate = 16;  // to bound the size of a kernel's code

// Finds the nodes that are computed together with a node of kind update.
class UpdateFinder {
 public:
  UpdateFinder(const Graph& graph, const Uses& uses) : graph_(graph), uses_(uses) {
    for (const ir::Update& update : graph.updates) states_of_[update.value].push_back(update.state);
  }

  // By node: the node of kind update, if it overwrites states in place, with which this one is computed.
  std::vector<NodeId> Run() {
    std::vector<NodeId> update_of(graph_.nodes.size(), Uses::kNone);
    for (NodeId id : graph_.node_ids()) {
      if (!graph_.node(id).op->is_update()) continue;
      const std::set<NodeId> members = Members(id);
      const bool is_free = std::all_of(members.begin(), members.end(),
                                       [&](NodeId member) { return update_of[Index(member)] == Uses::kNone; });
      for (NodeId member : members) {
        if (is_free) update_of[Index(member)] = id;
      }
    }
    return update_of;
  }

 private:
  // The nodes that are computed together with the update, and itself; none if it cannot overwrite states in place.
  std::set<NodeId> Members(NodeId update) const {
    std::set<NodeId> members = {update};
    std::vector<NodeId> pending = {update};
    while (!pending.empty()) {
      const NodeId id = pending.back();
      pending.pop_back();
      for (ValueId value : graph_.node(id).outputs) {
        for (NodeId reader : uses_.Readers(value)) {
          if (!IsElementwiseLike(update, reader)) return {};
          if (members.insert(reader).second) pending.push_back(reader);
        }
      }
    }
    const std::set<NodeId> followers = members;
    for (NodeId follower : followers) {
      if (follower == update) continue;
      for (ValueId input : graph_.node(follower).inputs) AddTerm(update, input, members);
    }
    const bool fits =
        members.size() <= kMaxNodesOfUpdate &&
        std::all_of(members.begin(), members.end(), [&](NodeId id) { return OverwritesInPlace(update, id); });
    return fits ? members : std::set<NodeId>();
  }

  // Adds the node that makes `value` if only members read it, and it reads states and inputs only.
  void AddTerm(NodeId update, ValueId value, std::set<NodeId>& members) const {
    const NodeId term = uses_.Producer(value);
    if (term == Uses::kNone || members.count(term) != 0 || !IsElementwiseLike(update, term)) return;
    const std::vector<NodeId>& readers = uses_.Readers(value);
    const bool read_by_members =
        std::all_of(readers.begin(), readers.end(), [&](NodeId reader) { return members.count(reader) != 0; });
    const std::vector<ValueId>& inputs = graph_.node(term).inputs;
    const bool reads_given_values =
        std::all_of(inputs.begin(), inputs.end(), [&](ValueId input) { return uses_.Producer(input) == Uses::kNone; });
    if (read_by_members && reads_given_values && !uses_.IsGraphResult(value)) members.insert(term);
  }

  // Whether the node computes, for each element of the parameter, one element from that element and from scalars.
  bool IsElementwiseLike(NodeId update, NodeId id) const {
    const Node& node = graph_.node(id);
    const ir::Type& type = graph_.type(graph_.node(update).outputs[0]);
    return node.op->kind == ir::OpKind::kElementwise && graph_.type(node.outputs[0]) == type &&
           std::all_of(node.inputs.begin(), node.inputs.end(),
                       [&](ValueId input) { return graph_.type(input) == type || graph_.type(input).rank() == 0; });
  }

  // Whether each result of the node is the new content of one state or read by other nodes, and no output of the graph.
  // A result of the update itself must replace its operand, unless another node computes with it first.
  bool OverwritesInPlace(NodeId update, NodeId id) const {
    const Node& node = graph_.node(id);
    for (size_t result = 0; result < node.outputs.size(); ++result) {
      const ValueId value = node.outputs[result];
      const auto states = states_of_.find(value);
      if (IsOutput(value)) return false;
      if (states == states_of_.end()) {
        if (uses_.Unread(value)) return false;
      } else if (states->second.size() > 1 ||
                 (id == update && states->second[0] != node.inputs[ir::OperandReplacedBy(result)])) {
        return false;
      }
    }
    return true;
  }

  bool IsOutput(ValueId value) const {
    return std::any_of(graph_.outputs.begin(), graph_.outputs.end(),
                       [&](const ir::Output& output) { return output.value == value; });
  }

  const Graph& graph_;
  const Uses& uses_;
  std::map<ValueId, std::vector<ValueId>> states_of_;  // by the value that is their new content
};

class StateSeparator {
 public:
  explicit StateSeparator(Graph& graph) : graph_(graph), uses_(FindUses(graph)) {}

  void Run() {
    for (const ir::Update& update : graph_.updates) new_content_[update.state] = update.value;
    CopyIntoStates();
    uses_ = FindUses(graph_);
    CopyOperands();
  }

 private:
  // A node broadcast(value) to the shape of the value.
  Node CopyOf(ValueId value, const std::string& name, const std::vector<ir::Location>& locations) {
    Node node;
    node.op = &ir::kBroadcast;
    node.inputs = {value};
    node.outputs = {graph_.AddValue(name, graph_.type(value))};
    node.attributes = {{"shape", graph_.type(value).shape}};
    node.locations = locations;
    return node;
  }

  // The first equation of the header.
  void CopyIntoStates() {
    const std::vector<NodeId> update_of = UpdateFinder(graph_, uses_).Run();
    for (ir::Update& update : graph_.updates) {
      const NodeId producer = uses_.Producer(update.value);
      if (producer != Uses::kNone && update_of[Index(producer)] != Uses::kNone) continue;
      const ir::Location& location = graph_.FindState(update.state)->location;
      graph_.nodes.push_back(
          CopyOf(update.value, absl::StrCat(graph_.value(update.state).name, ".next"),
                 location == ir::Location() ? std::vector<ir::Location>() : std::vector<ir::Location>{location}));
      update.value = new_content_[update.state] = graph_.nodes.back().outputs[0];
    }
  }

  // The value whose bytes `value` has: itself, or for a view another value.
  ValueId StorageOf(ValueId value) const {
    for (NodeId producer = uses_.Producer(value); producer != Uses::kNone; producer = uses_.Producer(value)) {
      const Node& node = graph_.node(producer);
      if (!node.op->is_view()) break;
      value = node.inputs[0];
    }
    return value;
  }
  bool IsOverwritten(ValueId value) const { return new_content_.count(StorageOf(value)) != 0; }
  // Whether the value, or the value of which it is a view, is an input or a state.
  bool IsGiven(ValueId value) const { return uses_.Producer(StorageOf(value)) == Uses::kNone; }

  // Whether the value is a state, and the nodes that are computed with `update`, of kind update, overwrite it.
  bool IsOverwrittenWith(NodeId update, ValueId value, const std::vector<NodeId>& update_of) const {
    const auto next = new_content_.find(value);
    return next != new_content_.end() && graph_.node(update).op->is_update() &&
           update_of[Index(uses_.Producer(next->second))] == update;
  }

  bool NeedsCopy(NodeId id, size_t operand, const std::vector<NodeId>& update_of) const {
    const Node& node = graph_.node(id);
    const ValueId value = node.inputs[operand];
    if (node.op->is_update() && operand == ir::kGradientOperand && IsGiven(value)) return true;
    return IsOverwritten(value) && !IsOverwrittenWith(update_of[Index(id)], value, update_of);
  }

  // Copies operands of updates that the step overwrites before it has read them.
  void CopyOperands() {
    const std::vector<NodeId> update_of = FindUpdates(graph_, uses_);
    std::vector<Node> nodes;
    std::map<ValueId, ValueId> copies;
    const auto copy = [&](ValueId value, const std::vector<ir::Location>& locations) {
      const auto [found, is_new] = copies.emplace(value, ir::kNoValue);
      if (is_new) {
        nodes.push_back(CopyOf(value, absl::StrCat(graph_.value(value).name, ".copy"), locations));
        found->second = nodes.back().outputs[0];
      }
      return found->second;
    };
    for (NodeId id : graph_.node_ids()) {
      Node node = graph_.node(id);
      for (size_t operand = 0; update_of[Index(id)] != Uses::kNone && operand < node.inputs.size(); ++operand) {
        if (NeedsCopy(id, operand, update_of)) node.inputs[operand] = copy(node.inputs[operand], node.locations);
      }
      nodes.push_back(std::move(node));
    }
    for (ir::Output& output : graph_.outputs) {
      if (IsGiven(output.value)) output.value = copy(output.value, {});
    }
    graph_.nodes = std::move(nodes);
  }

  Graph& graph_;
  Uses uses_;
  std::map<ValueId, ValueId> new_content_;  // by state
};

}  // namespace

std::vector<NodeId> FindUpdates(const Graph& graph, const Uses& uses) {
  std::vector<NodeId> update_of = UpdateFinder(graph, uses).Run();
  for (const ir::Update& update : graph.updates) {
    const NodeId producer = uses.Producer(update.value);
    if (producer != Uses::kNone && update_of[Index(producer)] == Uses::kNone) update_of[Index(producer)] = producer;
  }
  return update_of;
}

void SeparateStates(Graph& graph) { StateSeparator(graph).Run(); }

}  // namespace brine::passes
