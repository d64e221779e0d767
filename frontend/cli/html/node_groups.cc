#include "frontend/cli/html/node_groups.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ir/op.h"

namespace brine::cli {
namespace {

bool Updates(const ir::Node& node) {
  const auto is_update = [](const ir::Node& one) { return one.op != nullptr && one.op->is_update(); };
  return is_update(node) || std::any_of(node.body.begin(), node.body.end(), is_update);
}

class Grouper {
 public:
  explicit Grouper(const ir::Graph& graph) : graph_(graph), maker_(graph.values.size(), kNone) {}

  GroupedNodes Run() {
    FindForwardNodes();
    for (const ir::Input& input : graph_.inputs) {
      if (input.source == ir::Source::kData || input.source == ir::Source::kLabel)
        maker_[ir::Index(input.value)] =
            Add({graph_.value(input.value).name, "input", Phase::kForward, {}, input.value});
    }
    for (const ir::NodeId id : graph_.node_ids()) Place(id);
    for (const ir::Output& output : graph_.outputs) {
      const int group = Add({output.name, "output", Phase::kForward, {}, output.value});
      Connect(output.value, group);
    }
    GroupedNodes result;
    for (const auto& [from, to] : drawn_) result.edges.push_back({from, to});
    result.groups = std::move(groups_);
    return result;
  }

 private:
  static constexpr int kNone = -1;

  // Nodes on which outputs or the statistics of the next step depend; all nodes of a model, which has no backward pass.
  void FindForwardNodes() {
    forward_.assign(graph_.nodes.size(), graph_.function != ir::Function::kTrain);
    std::vector<bool> needed(graph_.values.size(), false);
    for (const ir::Output& output : graph_.outputs) needed[ir::Index(output.value)] = true;
    for (const ir::Update& update : graph_.updates) {
      const ir::State* const state = graph_.FindState(update.state);
      if (state != nullptr && state->role == ir::Role::kStatistic) needed[ir::Index(update.value)] = true;
    }
    for (size_t index = graph_.nodes.size(); index-- > 0;) {
      const ir::Node& node = graph_.nodes[index];
      const bool reached = std::any_of(node.outputs.begin(), node.outputs.end(),
                                       [&](ir::ValueId value) { return needed[ir::Index(value)]; });
      if (!reached) continue;
      forward_[index] = true;
      for (const ir::ValueId value : node.inputs) needed[ir::Index(value)] = true;
    }
  }

  // What reads the result of an update, such as the decay of a weight after it, belongs to the update.
  Phase PhaseOf(ir::NodeId id) const {
    const ir::Node& node = graph_.node(id);
    const bool reads_update = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId value) {
      const int maker = maker_[ir::Index(value)];
      return maker != kNone && groups_[static_cast<size_t>(maker)].phase == Phase::kUpdate;
    });
    if (reads_update || Updates(node)) return Phase::kUpdate;
    return forward_[ir::Index(id)] ? Phase::kForward : Phase::kBackward;
  }

  int Add(NodeGroup group) {
    groups_.push_back(std::move(group));
    after_.emplace_back();
    return static_cast<int>(groups_.size()) - 1;
  }

  void Connect(ir::ValueId value, int group) {
    const int maker = maker_[ir::Index(value)];
    if (maker == kNone || maker == group) return;
    after_[static_cast<size_t>(maker)].insert(group);
    if (graph_.type(value).rank() > 0 || groups_[static_cast<size_t>(group)].nodes.empty())
      drawn_.emplace(maker, group);
  }

  // Whether a path leads from the group to one of `targets`.
  bool Reaches(int group, const std::set<int>& targets) const {
    std::vector<int> open = {group};
    std::vector<bool> seen(groups_.size(), false);
    while (!open.empty()) {
      const int next = open.back();
      open.pop_back();
      if (targets.count(next) != 0) return true;
      for (const int following : after_[static_cast<size_t>(next)]) {
        if (seen[static_cast<size_t>(following)]) continue;
        seen[static_cast<size_t>(following)] = true;
        open.push_back(following);
      }
    }
    return false;
  }

  // Adds the node to the last group of its layer, unless a group that it reads depends on that one.
  void Place(ir::NodeId id) {
    const ir::Node& node = graph_.node(id);
    const Phase phase = PhaseOf(id);
    const std::string name = NameOf(node);
    std::set<int> read;
    for (const ir::ValueId value : node.inputs) {
      if (maker_[ir::Index(value)] != kNone) read.insert(maker_[ir::Index(value)]);
    }
    int& last = last_.try_emplace({name, phase}, kNone).first->second;
    if (last != kNone) {
      read.erase(last);
      if (Reaches(last, read)) last = kNone;
    }
    if (last == kNone) last = Add({name, KindOf(node), phase, {}, ir::kNoValue});
    const int group = last;
    groups_[static_cast<size_t>(group)].nodes.push_back(id);
    groups_[static_cast<size_t>(group)].value = node.outputs[0];
    for (const ir::ValueId value : node.inputs) Connect(value, group);
    for (const ir::ValueId value : node.outputs) maker_[ir::Index(value)] = group;
  }

  std::string NameOf(const ir::Node& node) const {
    std::vector<std::string> layers = LayerNames(node.locations);
    if (!node.is_kernel() && layers.size() > 1) layers.resize(1);
    constexpr size_t kMostNames = 3;
    if (layers.size() > kMostNames) {
      const size_t others = layers.size() - kMostNames + 1;
      layers.resize(kMostNames - 1);
      return absl::StrCat(absl::StrJoin(layers, ", "), " and ", others, " others");
    }
    return layers.empty() ? graph_.value(node.outputs[0]).name : absl::StrJoin(layers, ", ");
  }

  std::string KindOf(const ir::Node& node) const {
    if (node.is_kernel()) return absl::StrCat(node.region, " kernel");
    for (const ir::Layer& layer : graph_.layers) {
      if (!node.locations.empty() && layer.name == node.locations[0].layer) return layer.kind;
    }
    return node.op->name;
  }

  const ir::Graph& graph_;
  std::vector<bool> forward_;  // by node
  std::vector<int> maker_;     // by value: the group that computes it
  std::vector<NodeGroup> groups_;
  std::vector<std::set<int>> after_;     // by group: those that read its values
  std::set<std::pair<int, int>> drawn_;  // the edges that are drawn
  std::map<std::pair<std::string, Phase>, int> last_;
};

}  // namespace

GroupedNodes GroupNodes(const ir::Graph& graph) { return Grouper(graph).Run(); }

std::vector<std::string> SourceLines(absl::Span<const ir::Location> locations) {
  std::vector<std::string> lines;
  for (const ir::Location& location : locations) {
    if (location.file.empty()) continue;
    const std::string line = absl::StrCat(location.file, ":", location.line);
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> LayerNames(absl::Span<const ir::Location> locations) {
  std::vector<std::string> names;
  for (const ir::Location& location : locations) {
    if (!location.layer.empty() && std::find(names.begin(), names.end(), location.layer) == names.end())
      names.push_back(location.layer);
  }
  return names;
}

}  // namespace brine::cli
