#include "ir/graph.h"

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/names.h"
#include "ir/op.h"
#include "ir/status.h"

namespace brine::ir {
namespace {

// Names of the alternatives of an enum, in its order.
constexpr std::array<absl::string_view, 4> kStages = {"graph", "train", "fused", "planned"};
constexpr std::array<absl::string_view, 4> kFunctions = {"model", "train", "evaluate", "predict"};
constexpr std::array<absl::string_view, kBlockCount> kBlocks = {"arena", "inputs",    "parameters", "gradients",
                                                                "slots", "constants", "outputs",    "non_trainable"};
static_assert(!kBlocks.back().empty());
constexpr std::array<absl::string_view, 7> kSources = {"data", "label", "scalar", "seed", "step", "rows", "expression"};
constexpr std::array<absl::string_view, 5> kRoles = {"parameter", "slot", "frozen", "statistic", "average"};
constexpr std::array<absl::string_view, 3> kInitializers = {"constant", "uniform", "truncated_normal"};

template <typename Enum, size_t size>
std::optional<Enum> Find(const std::array<absl::string_view, size>& names, absl::string_view name) {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) return std::nullopt;
  return static_cast<Enum>(it - names.begin());
}

}  // namespace

ValueId Graph::AddValue(absl::string_view name, Type type) {
  if (names_.size() != values.size()) {
    names_.clear();
    for (const Value& value : values) names_.insert(value.name);
  }
  std::string unique(name.empty() ? "v" : name);
  for (int number = 1; !names_.insert(unique).second; ++number)
    unique = absl::StrCat(name.empty() ? "v" : name, "_", number);
  values.push_back({unique, std::move(type), std::nullopt});
  return IdAt<ValueId>(values.size() - 1);
}

absl::StatusOr<std::vector<ValueId>> Graph::AddNode(const Op& op, std::vector<ValueId> inputs, Attributes attributes,
                                                    std::vector<Location> locations, absl::string_view name) {
  BRINE_RETURN_IF_ERROR(CompleteAttributes(op, attributes));
  std::vector<Type> types;
  for (ValueId input : inputs) types.push_back(type(input));
  BRINE_ASSIGN_OR_RETURN(std::vector<Type> results, InferTypes(op, types, attributes));
  BRINE_CHECK(results.size() == op.results.size());

  const std::string base(name.empty() ? absl::string_view(op.name) : name);
  Node node;
  node.op = &op;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  node.locations = std::move(locations);
  for (size_t index = 0; index < results.size(); ++index) {
    node.outputs.push_back(
        AddValue(index == 0 ? base : absl::StrCat(base, ".", op.results[index]), std::move(results[index])));
  }
  nodes.push_back(node);
  return node.outputs;
}

ValueId Graph::FindValue(absl::string_view name) const {
  for (ValueId id : value_ids()) {
    if (absl::string_view(value(id).name) == name) return id;
  }
  return kNoValue;
}

const State* Graph::FindState(ValueId value) const {
  const auto it = std::find_if(states.begin(), states.end(), [&](const State& state) { return state.value == value; });
  return it == states.end() ? nullptr : &*it;
}

const Input* Graph::FindInput(ValueId value) const {
  const auto it = std::find_if(inputs.begin(), inputs.end(), [&](const Input& input) { return input.value == value; });
  return it == inputs.end() ? nullptr : &*it;
}

std::string PlaceOf(const Location* location, absl::string_view name) {
  if (location == nullptr || location->file.empty()) return std::string(name);
  std::string place = absl::StrCat(absl::Utf8SafeCEscape(location->file), ":", location->line);
  if (!location->layer.empty()) absl::StrAppend(&place, ": ", Excerpt(location->layer));
  return place;
}

bool IsCompiled(const Training& training) {
  return !training.objectives.empty() || !training.optimizer.empty() || training.optimizer_arguments != Attributes() ||
         training.location != Location();
}

Block HomeOf(Role role) {
  switch (role) {
    case Role::kParameter:
      return Block::kParameters;
    case Role::kSlot:
    case Role::kAverage:
      return Block::kSlots;
    case Role::kFrozen:
    case Role::kStatistic:
      return Block::kNonTrainable;
  }
  BRINE_CHECK(false);
}

absl::string_view StageName(Stage stage) { return kStages[static_cast<size_t>(stage)]; }
absl::string_view FunctionName(Function function) { return kFunctions[static_cast<size_t>(function)]; }
absl::string_view BlockName(Block block) { return kBlocks[static_cast<size_t>(block)]; }
absl::string_view SourceName(Source source) { return kSources[static_cast<size_t>(source)]; }
absl::string_view RoleName(Role role) { return kRoles[static_cast<size_t>(role)]; }
absl::string_view InitializerName(InitializerKind kind) { return kInitializers[static_cast<size_t>(kind)]; }

std::optional<Stage> FindStage(absl::string_view name) { return Find<Stage>(kStages, name); }
std::optional<Function> FindFunction(absl::string_view name) { return Find<Function>(kFunctions, name); }
std::optional<Block> FindBlock(absl::string_view name) { return Find<Block>(kBlocks, name); }
std::optional<Source> FindSource(absl::string_view name) { return Find<Source>(kSources, name); }
std::optional<Role> FindRole(absl::string_view name) { return Find<Role>(kRoles, name); }
std::optional<InitializerKind> FindInitializer(absl::string_view name) {
  return Find<InitializerKind>(kInitializers, name);
}

}  // namespace brine::ir
