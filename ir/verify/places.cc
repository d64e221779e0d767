// Checks the placements of a planned graph.  The check shares no code with the planner, not even lifetimes.h, so that
// it cannot repeat a mistake of the planner.  It visits the nodes in order and keeps the live bytes of each block in a
// map.
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
    FindLifetimes();
  }

  void Run() {
    for (const Input& input : graph_.inputs) CheckBlock(SiteOf(graph_, input), 0, input.value, Block::kInputs);
    for (const State& state : graph_.states) CheckBlock(SiteOf(graph_, state), 0, state.value, BlockOf(state.role));
    for (const Node& node : graph_.nodes) {
      for (size_t index = 0; index < node.outputs.size() && !faults_.full(); ++index)
        CheckNodeOutput(SiteOf(graph_, node), static_cast<int>(index), node);
    }
    CheckUpdates();
    if (!has_faults_) CheckOverlaps();
  }

 private:
  // The nodes that write a value and that read it last.  −1 stands for the time before the step, and the number of
  // nodes for the time after it.
  struct Life {
    NodeId first{-1}, last{-1};
    ValueId storage = kNoValue;  // the value whose bytes this one has: itself, or for a view another value
  };

  // Visits the nodes backwards, so that all readers of a view are known when the view itself is reached.
  void FindLifetimes() {
    const NodeId end = IdAt<NodeId>(graph_.nodes.size());
    const auto read = [this](ValueId value, NodeId moment) { At(value).last = std::max(At(value).last, moment); };
    for (const Output& output : graph_.outputs) read(output.value, end);
    for (const Update& update : graph_.updates) read(update.value, end);
    for (size_t position = graph_.nodes.size(); position-- > 0;) {
      const NodeId moment = IdAt<NodeId>(position);
      const Node& node = graph_.node(moment);
      const bool is_view = !node.is_kernel() && node.op->is_view();
      for (ValueId output : node.outputs) {
        At(output).first = moment;
        read(output, moment);
        if (is_view) read(node.inputs[0], At(output).last);
      }
      for (ValueId input : node.inputs) read(input, moment);
    }
    for (ValueId value : graph_.value_ids()) At(value).storage = value;
    for (const Node& node : graph_.nodes) {
      if (!node.is_kernel() && node.op->is_view()) At(node.outputs[0]).storage = At(node.inputs[0]).storage;
    }
  }

  void Add(const Site& site, Part part, int index, std::string sentence) {
    has_faults_ = true;
    faults_.Add(site, part, index, std::move(sentence));
  }

  // Whether several values may use the bytes of the block, one after another.
  static bool IsShared(Block block) {
    return block == Block::kArena || block == Block::kGradients || block == Block::kOutputs;
  }

  Life& At(ValueId value) { return lives_[Index(value)]; }
  const Life& At(ValueId value) const { return lives_[Index(value)]; }
  const Placement& PlacementOf(ValueId value) const { return *graph_.value(value).placement; }
  // ByteCount cannot fail, since the verifier has checked the types.
  int64_t Bytes(ValueId value) const { return *ByteCount(graph_.type(value), graph_.batch_size); }

  // The state whose bytes this value overwrites, since it is the state's new content; otherwise kNoValue.
  ValueId OverwrittenState(ValueId value) const {
    const auto it = state_of_.find(value);
    return it != state_of_.end() && graph_.value(it->second).placement == graph_.value(value).placement ? it->second
                                                                                                        : kNoValue;
  }

  // Checks that the value has a placement and that it is within the range of addresses.  `index` is that of the value
  // among the outputs of the site's line.
  bool CheckPlacement(const Site& site, int index, ValueId value) {
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
    Add(site, placement ? Part::kPlacement : Part::kOutput, index, std::move(sentence));
    return false;
  }

  void CheckBlock(const Site& site, int index, ValueId value, Block block) {
    if (!CheckPlacement(site, index, value) || PlacementOf(value).block == block) return;
    Add(site, Part::kPlacement, index,
        absl::StrCat(ValueText(graph_, value), " must lie in ", BlockName(block), ", not in ",
                     BlockName(PlacementOf(value).block)));
  }

  void CheckNodeOutput(const Site& site, int index, const Node& node) {
    const ValueId value = node.outputs[static_cast<size_t>(index)];
    const ValueId storage = At(value).storage;
    if (!node.is_kernel() && node.op == &kConstant) return CheckBlock(site, index, value, Block::kConstants);
    if (!CheckPlacement(site, index, value)) return;
    if (storage != value) {
      if (!graph_.value(storage).placement || PlacementOf(storage) == PlacementOf(value)) return;
      return Add(site, Part::kPlacement, index,
                 absl::StrCat("a view must lie where ", ValueText(graph_, storage), " lies, at ",
                              ToString(PlacementOf(storage))));
    }
    if (IsShared(PlacementOf(value).block) || OverwrittenState(value) != kNoValue) return;
    Add(site, Part::kPlacement, index,
        absl::StrCat("a kernel cannot write to ", BlockName(PlacementOf(value).block),
                     ", but for the place of a state that it updates"));
  }

  // Checks that the new content of a state lies where the state lies, that the state is not read after it was
  // overwritten, and that the kernels which update states are the last ones.
  void CheckUpdates() {
    for (const Update& update : graph_.updates) {
      const Life& state = At(update.state);
      const Life& value = At(update.value);
      const Site site = SiteOf(graph_, update);
      if (OverwrittenState(update.value) != update.state) {
        if (graph_.value(update.state).placement && graph_.value(update.value).placement) {
          Add(site, Part::kInput, 0,
              absl::StrCat(ValueText(graph_, update.value), " must lie where ", ValueText(graph_, update.state),
                           " lies, at ", ToString(PlacementOf(update.state))));
        }
      } else if (value.storage != update.state && state.last > value.first) {
        Add(site, Part::kOutput, 0,
            absl::StrCat(ValueText(graph_, update.state), " is read after ", ValueText(graph_, update.value),
                         " overwrote it"));
      }
    }
    bool has_update = false;  // whether a kernel so far updates a state
    for (const Node& node : graph_.nodes) {
      if (!node.is_kernel()) continue;
      const bool updates = std::any_of(node.outputs.begin(), node.outputs.end(),
                                       [&](ValueId output) { return state_of_.contains(output); });
      if (has_update && !updates)
        Add(SiteOf(graph_, node), Part::kOp, 0, "a kernel that updates no state follows one that does");
      has_update |= updates;
    }
  }

  // The last moment at which the bytes of a value that is not a view must be intact.
  NodeId LastMoment(ValueId value) const {
    return IsShared(PlacementOf(value).block) ? At(value).last : IdAt<NodeId>(graph_.nodes.size());
  }

  // The values of a block that are live at a moment, by the offset of their first byte.  They do not overlap.
  struct LiveRange {
    int64_t end = 0;  // the offset after the last byte
    ValueId value = kNoValue;
  };
  using LiveRanges = std::map<int64_t, LiveRange>;

  // Makes a value live, or reports that it overlaps one that is.
  void Claim(const Site& site, int index, ValueId value) {
    const Placement& placement = PlacementOf(value);
    LiveRanges& live = live_[static_cast<size_t>(placement.block)];
    const int64_t end = placement.offset + Bytes(value);
    auto it = live.lower_bound(placement.offset);
    if (it != live.begin() && std::prev(it)->second.end > placement.offset) --it;
    if (it != live.end() && it->first < end) {
      const ValueId other = it->second.value;
      // A kernel may overwrite an input that is not read later, if its output has exactly the bytes of the input.
      const bool same_bytes = it->first == placement.offset && it->second.end == end;
      if (!same_bytes || !read_now_.contains(other) || LastMoment(other) != At(value).first) {
        Add(site, Part::kPlacement, index,
            absl::StrCat(ValueText(graph_, value), " at ", ToString(placement), " overlaps ", ValueText(graph_, other),
                         " at ", ToString(PlacementOf(other)), ", which is still needed"));
        return;
      }
    }
    live[placement.offset] = {end, value};
    ends_.emplace(LastMoment(value), value);
  }

  // Ends the lives of the values whose last moment is before `moment`.
  void Release(NodeId moment) {
    while (!ends_.empty() && ends_.begin()->first < moment) {
      const Placement& placement = PlacementOf(ends_.begin()->second);
      LiveRanges& live = live_[static_cast<size_t>(placement.block)];
      const auto it = live.find(placement.offset);
      if (it != live.end() && it->second.value == ends_.begin()->second) live.erase(it);
      ends_.erase(ends_.begin());
    }
  }

  void CheckOverlaps() {
    for (const Input& input : graph_.inputs) Claim(SiteOf(graph_, input), 0, input.value);
    for (const State& state : graph_.states) Claim(SiteOf(graph_, state), 0, state.value);
    for (size_t moment = 0; moment < graph_.nodes.size() && !faults_.full(); ++moment) {
      Release(IdAt<NodeId>(moment));
      const Node& node = graph_.nodes[moment];
      read_now_.clear();
      for (ValueId input : node.inputs) read_now_.insert(At(input).storage);
      for (size_t index = 0; index < node.outputs.size(); ++index) {
        const ValueId value = node.outputs[index];
        if (At(value).storage == value && OverwrittenState(value) == kNoValue)
          Claim(SiteOf(graph_, node), static_cast<int>(index), value);
      }
    }
  }

  const Graph& graph_;
  FaultList& faults_;
  std::vector<Life> lives_;                         // by value
  absl::flat_hash_map<ValueId, ValueId> state_of_;  // by the value that is the state's new content
  bool has_faults_ = false;
  std::array<LiveRanges, kBlockCount> live_;  // by Block
  std::multimap<NodeId, ValueId> ends_;       // live values, by their last moment
  absl::flat_hash_set<ValueId> read_now_;     // the storage of what the current node reads
};

}  // namespace

void FindPlacementFaults(const Graph& graph, FaultList& faults) { PlaceChecker(graph, faults).Run(); }

}  // namespace brine::ir
