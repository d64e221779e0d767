// Places of a planned graph.  This check shares nothing with the planner, not even lifetimes.h, so that it does not
// repeat the planner's mistakes.  It visits the nodes in order and keeps the live bytes of each block in a map.
#include <algorithm>
#include <array>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "ir/verify/fault_list.h"

namespace brine::ir {
namespace {

class PlaceChecker {
 public:
  PlaceChecker(const Graph& graph, FaultList& faults) : graph_(graph), faults_(faults), lives_(graph.values.size()) {
    for (const Update& update : graph.updates) state_of_.emplace(update.value, update.state);
    FindLives();
  }

  void Run() {
    for (const Input& input : graph_.inputs) CheckHome(SiteOf(graph_, input), 0, input.value, Block::kInputs);
    for (const State& state : graph_.states) CheckHome(SiteOf(graph_, state), 0, state.value, HomeOf(state.role));
    for (const Node& node : graph_.nodes) {
      for (size_t index = 0; index < node.outputs.size() && !faults_.full(); ++index)
        CheckNodeOutput(SiteOf(graph_, node), static_cast<int>(index), node);
    }
    CheckUpdates();
    if (sound_) Sweep();
  }

 private:
  // When a value is written and last read, as numbers of nodes: −1 before the step, the number of nodes after it.
  struct Life {
    NodeId first{-1}, last{-1};
    ValueId root = kNoValue;  // the value whose bytes it is a view of
  };

  // Visits nodes backwards, so that a view's readers are known when its input is reached.
  void FindLives() {
    const NodeId end = IdAt<NodeId>(graph_.nodes.size());
    const auto read = [this](ValueId value, NodeId moment) { At(value).last = std::max(At(value).last, moment); };
    for (const Output& output : graph_.outputs) read(output.value, end);
    for (const Update& update : graph_.updates) read(update.value, end);
    for (size_t position = graph_.nodes.size(); position-- > 0;) {
      const NodeId moment = IdAt<NodeId>(position);
      const Node& node = graph_.node(moment);
      const bool view = !node.is_kernel() && node.op->is_view();
      for (ValueId output : node.outputs) {
        At(output).first = moment;
        read(output, moment);
        if (view) read(node.inputs[0], At(output).last);
      }
      for (ValueId input : node.inputs) read(input, moment);
    }
    for (ValueId value : graph_.value_ids()) At(value).root = value;
    for (const Node& node : graph_.nodes) {
      if (!node.is_kernel() && node.op->is_view()) At(node.outputs[0]).root = At(node.inputs[0]).root;
    }
  }

  void Add(const Site& site, Part part, int index, std::string sentence) {
    sound_ = false;
    faults_.Add(site, part, index, std::move(sentence));
  }

  // Whether several values may use the bytes of the block, one after another.
  static bool IsShared(Block block) {
    return block == Block::kArena || block == Block::kGradients || block == Block::kOutputs;
  }

  Life& At(ValueId value) { return lives_[Index(value)]; }
  const Life& At(ValueId value) const { return lives_[Index(value)]; }
  const Placement& PlaceOfValue(ValueId value) const { return *graph_.value(value).placement; }
  int64_t Bytes(ValueId value) const {
    return *ByteCount(graph_.type(value), graph_.batch_size);
  }  // legal: the verifier looked before

  // The state that this value overwrites in place, or kNoValue.
  ValueId Overwritten(ValueId value) const {
    const auto it = state_of_.find(value);
    return it != state_of_.end() && graph_.value(it->second).placement == graph_.value(value).placement ? it->second
                                                                                                        : kNoValue;
  }

  // Checks that the value has a place where it can begin and end.  `index`: of the output in the site's line.
  bool CheckPlace(const Site& site, int index, ValueId value) {
    const std::optional<Placement>& placement = graph_.value(value).placement;
    int64_t end = 0;
    std::string sentence;
    if (!placement)
      sentence = absl::StrCat(ValueText(graph_, value), " has no place");
    else if (placement->offset < 0 || placement->offset % 64 != 0)
      sentence = absl::StrCat("offset ", placement->offset, " is not a multiple of 64");
    else if (__builtin_add_overflow(placement->offset, Bytes(value), &end))
      sentence = absl::StrCat("offset ", placement->offset, " is too large");
    else
      return true;
    Add(site, placement ? Part::kPlace : Part::kOutput, index, std::move(sentence));
    return false;
  }

  void CheckHome(const Site& site, int index, ValueId value, Block home) {
    if (!CheckPlace(site, index, value) || PlaceOfValue(value).block == home) return;
    Add(site, Part::kPlace, index,
        absl::StrCat(ValueText(graph_, value), " must lie in ", BlockName(home), ", not in ",
                     BlockName(PlaceOfValue(value).block)));
  }

  void CheckNodeOutput(const Site& site, int index, const Node& node) {
    const ValueId value = node.outputs[static_cast<size_t>(index)];
    const ValueId root = At(value).root;
    if (!node.is_kernel() && node.op == &kConstant) return CheckHome(site, index, value, Block::kConstants);
    if (!CheckPlace(site, index, value)) return;
    if (root != value) {
      if (!graph_.value(root).placement || PlaceOfValue(root) == PlaceOfValue(value)) return;
      return Add(
          site, Part::kPlace, index,
          absl::StrCat("a view must lie where ", ValueText(graph_, root), " lies, at ", ToString(PlaceOfValue(root))));
    }
    if (IsShared(PlaceOfValue(value).block) || Overwritten(value) != kNoValue) return;
    Add(site, Part::kPlace, index,
        absl::StrCat("a kernel cannot write to ", BlockName(PlaceOfValue(value).block),
                     ", but for the place of a state that it updates"));
  }

  // A state's new value overwrites the old one, in the last kernels, and the old one is not read later.
  void CheckUpdates() {
    for (const Update& update : graph_.updates) {
      const Life& state = At(update.state);
      const Life& value = At(update.value);
      const Site site = SiteOf(graph_, update);
      if (Overwritten(update.value) != update.state) {
        if (graph_.value(update.state).placement && graph_.value(update.value).placement) {
          Add(site, Part::kInput, 0,
              absl::StrCat(ValueText(graph_, update.value), " must lie where ", ValueText(graph_, update.state),
                           " lies, at ", ToString(PlaceOfValue(update.state))));
        }
      } else if (value.root != update.state && state.last > value.first) {
        Add(site, Part::kOutput, 0,
            absl::StrCat(ValueText(graph_, update.state), " is read after ", ValueText(graph_, update.value),
                         " overwrote it"));
      }
    }
    bool updating = false;
    for (const Node& node : graph_.nodes) {
      if (!node.is_kernel()) continue;
      const bool updates = std::any_of(node.outputs.begin(), node.outputs.end(),
                                       [&](ValueId output) { return state_of_.contains(output); });
      if (updating && !updates)
        Add(SiteOf(graph_, node), Part::kOp, 0, "a kernel that updates no state follows one that does");
      updating |= updates;
    }
  }

  // The last moment at which the bytes of a root must be intact.
  NodeId LastMoment(ValueId value) const {
    return IsShared(PlaceOfValue(value).block) ? At(value).last : IdAt<NodeId>(graph_.nodes.size());
  }

  // The values that occupy bytes at a moment; those of a block do not overlap.
  struct Live {
    int64_t end = 0;  // past its last byte
    ValueId value = kNoValue;
  };
  using Offsets = std::map<int64_t, Live>;

  void Claim(const Site& site, int index, ValueId value) {
    const Placement& place = PlaceOfValue(value);
    Offsets& live = live_[static_cast<size_t>(place.block)];
    const int64_t end = place.offset + Bytes(value);
    auto it = live.lower_bound(place.offset);
    if (it != live.begin() && std::prev(it)->second.end > place.offset) --it;
    if (it != live.end() && it->first < end) {
      const ValueId other = it->second.value;
      // In place: a kernel may overwrite an input that is not read later, if both have the same bytes.
      const bool same_bytes = it->first == place.offset && it->second.end == end;
      if (!same_bytes || !read_now_.contains(other) || LastMoment(other) != At(value).first) {
        Add(site, Part::kPlace, index,
            absl::StrCat(ValueText(graph_, value), " at ", ToString(place), " overlaps ", ValueText(graph_, other),
                         " at ", ToString(PlaceOfValue(other)), ", which is still needed"));
        return;
      }
    }
    live[place.offset] = {end, value};
    ends_.emplace(LastMoment(value), value);
  }

  void Release(NodeId before) {
    while (!ends_.empty() && ends_.begin()->first < before) {
      const Placement& place = PlaceOfValue(ends_.begin()->second);
      Offsets& live = live_[static_cast<size_t>(place.block)];
      const auto it = live.find(place.offset);
      if (it != live.end() && it->second.value == ends_.begin()->second) live.erase(it);
      ends_.erase(ends_.begin());
    }
  }

  void Sweep() {
    for (const Input& input : graph_.inputs) Claim(SiteOf(graph_, input), 0, input.value);
    for (const State& state : graph_.states) Claim(SiteOf(graph_, state), 0, state.value);
    for (size_t moment = 0; moment < graph_.nodes.size() && !faults_.full(); ++moment) {
      Release(IdAt<NodeId>(moment));
      const Node& node = graph_.nodes[moment];
      read_now_.clear();
      for (ValueId input : node.inputs) read_now_.insert(At(input).root);
      for (size_t index = 0; index < node.outputs.size(); ++index) {
        const ValueId value = node.outputs[index];
        if (At(value).root == value && Overwritten(value) == kNoValue)
          Claim(SiteOf(graph_, node), static_cast<int>(index), value);
      }
    }
  }

  const Graph& graph_;
  FaultList& faults_;
  std::vector<Life> lives_;                         // by value
  absl::flat_hash_map<ValueId, ValueId> state_of_;  // by the value that the state holds after the step
  bool sound_ = true;
  std::array<Offsets, kBlockCount> live_;
  std::multimap<NodeId, ValueId> ends_;
  absl::flat_hash_set<ValueId> read_now_;  // roots of what the current node reads
};

}  // namespace

void FindPlacementFaults(const Graph& graph, FaultList& faults) { PlaceChecker(graph, faults).Run(); }

}  // namespace brine::ir
