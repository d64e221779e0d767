#include "ir/graph.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/names.h"
#include "ir/op.h"
#include "ir/status.h"

namespace brine::ir {
namespace {

// The name of an enumerator.
template <typename Enum>
struct Named {
  Enum value;
  absl::string_view name;
};
constexpr Named<Stage> kStages[] = {
    {Stage::kGraph, "graph"}, {Stage::kTrain, "train"}, {Stage::kFused, "fused"}, {Stage::kPlanned, "planned"}};
constexpr Named<Function> kFunctions[] = {{Function::kModel, "model"},
                                          {Function::kTrain, "train"},
                                          {Function::kEvaluate, "evaluate"},
                                          {Function::kPredict, "predict"}};
constexpr Named<Block> kBlocks[] = {{Block::kArena, "arena"},           {Block::kInputs, "inputs"},
                                    {Block::kParameters, "parameters"}, {Block::kGradients, "gradients"},
                                    {Block::kSlots, "slots"},           {Block::kConstants, "constants"},
                                    {Block::kOutputs, "outputs"},       {Block::kNonTrainable, "non_trainable"}};
constexpr Named<Source> kSources[] = {{Source::kData, "data"},
                                      {Source::kLabel, "label"},
                                      {Source::kScalar, "scalar"},
                                      {Source::kSeed, "seed"},
                                      {Source::kStep, "step"},
                                      {Source::kRows, "rows"},
                                      {Source::kExpression, "expression"},
                                      {Source::kWeight, "weight"}};
constexpr Named<Role> kRoles[] = {{Role::kParameter, "parameter"},
                                  {Role::kSlot, "slot"},
                                  {Role::kFrozen, "frozen"},
                                  {Role::kStatistic, "statistic"},
                                  {Role::kAverage, "average"}};
constexpr Named<InitializerKind> kInitializers[] = {{InitializerKind::kConstant, "constant"},
                                                    {InitializerKind::kUniform, "uniform"},
                                                    {InitializerKind::kTruncatedNormal, "truncated_normal"},
                                                    {InitializerKind::kNormal, "normal"},
                                                    {InitializerKind::kOrthogonal, "orthogonal"},
                                                    {InitializerKind::kIdentity, "identity"},
                                                    {InitializerKind::kDataMean, "data_mean"},
                                                    {InitializerKind::kDataVariance, "data_variance"}};

// Whether the index of each row is the number of its enumerator, on which Name() relies.
template <typename Enum, size_t size>
constexpr bool IsInOrder(const Named<Enum> (&rows)[size]) {
  for (size_t index = 0; index < size; ++index) {
    if (rows[index].value != static_cast<Enum>(index)) return false;
  }
  return true;
}
static_assert(IsInOrder(kStages) && IsInOrder(kFunctions) && IsInOrder(kBlocks) && IsInOrder(kSources) &&
              IsInOrder(kRoles) && IsInOrder(kInitializers) && std::size(kBlocks) == kBlockCount);

template <typename Enum, size_t size>
absl::string_view Name(const Named<Enum> (&rows)[size], Enum value) {
  return rows[static_cast<size_t>(value)].name;
}

template <typename Enum, size_t size>
std::optional<Enum> Find(const Named<Enum> (&rows)[size], absl::string_view name) {
  for (const Named<Enum>& row : rows) {
    if (row.name == name) return row.value;
  }
  return std::nullopt;
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
         training.location != Location() || !training.learning_rate_multipliers.empty() ||
         !training.exclude_from_weight_decay.empty();
}

Block BlockOf(Role role) {
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

absl::string_view StageName(Stage stage) { return Name(kStages, stage); }
absl::string_view FunctionName(Function function) { return Name(kFunctions, function); }
absl::string_view BlockName(Block block) { return Name(kBlocks, block); }
absl::string_view SourceName(Source source) { return Name(kSources, source); }
absl::string_view RoleName(Role role) { return Name(kRoles, role); }
absl::string_view InitializerName(InitializerKind kind) { return Name(kInitializers, kind); }

std::optional<Stage> FindStage(absl::string_view name) { return Find(kStages, name); }
std::optional<Function> FindFunction(absl::string_view name) { return Find(kFunctions, name); }
std::optional<Block> FindBlock(absl::string_view name) { return Find(kBlocks, name); }
std::optional<Source> FindSource(absl::string_view name) { return Find(kSources, name); }
std::optional<Role> FindRole(absl::string_view name) { return Find(kRoles, name); }
std::optional<InitializerKind> FindInitializer(absl::string_view name) { return Find(kInitializers, name); }

}  // namespace brine::ir
