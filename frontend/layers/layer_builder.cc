#include "frontend/layers/layer_builder.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "frontend/layers/initializers.h"
#include "frontend/layers/regularizers.h"
#include "ir/check.h"
#include "ir/names.h"
#include "ir/philox.h"

namespace brine::internal {
namespace {

uint32_t AllAxes(bool guessed) { return guessed ? ~uint32_t{0} : 0; }

}  // namespace

void Mistakes::Add(const Place& place, absl::string_view subject, absl::string_view sentence) {
  std::string line = absl::StrCat(place.file, ":", place.line, ": ", subject, ": ", sentence);
  if (std::find(lines_.begin(), lines_.end(), line) == lines_.end()) lines_.push_back(std::move(line));
}

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\""); }
std::string OneOf(absl::Span<const absl::string_view> names) { return absl::StrJoin(names, ", "); }

std::string Unknown(absl::string_view what, absl::string_view name, const std::vector<absl::string_view>& known) {
  return absl::StrCat("unknown ", what, " ", Quoted(name), ir::NearestOrAll(name, known));
}

std::string FiniteFault(absl::string_view argument, double number) {
  if (std::abs(number) <= FLT_MAX) return "";
  return absl::StrCat(argument, " must be a finite float32 number, got ", number);
}

std::string ShapeText(const ir::Shape& shape) {
  return absl::StrCat("(",
                      absl::StrJoin(shape, ", ",
                                    [](std::string* out, ir::Dim dim) {
                                      if (dim == ir::kBatch)
                                        absl::StrAppend(out, "n");
                                      else
                                        absl::StrAppend(out, dim);
                                    }),
                      ")");
}

LayerBuilder::LayerBuilder(ir::Graph& graph, Mistakes& mistakes, const LayerRecord& layer, std::string name, int call,
                           std::vector<Symbol> inputs)
    : graph_(graph),
      mistakes_(mistakes),
      layer_(layer),
      name_(std::move(name)),
      call_(call),
      inputs_(std::move(inputs)) {}

std::string LayerBuilder::Prefix() const { return call_ == 0 ? name_ : absl::StrCat(name_, ":", call_); }
ir::Location LayerBuilder::Where() const { return {layer_.place.file, layer_.place.line, name_}; }
void LayerBuilder::Mistake(absl::string_view sentence) { mistakes_.Add(layer_.place, name_, sentence); }

bool LayerBuilder::Positive(absl::string_view argument, int64_t value) {
  if (value > 0 && value <= ir::kMaxElements) return true;
  if (value <= 0)
    Mistake(absl::StrCat(argument, " must be positive, got ", value));
  else
    Mistake(absl::StrCat(argument, " must be at most ", ir::kMaxElements, ", got ", value));
  return false;
}

bool LayerBuilder::Finite(absl::string_view argument, double value) {
  const std::string fault = FiniteFault(argument, value);
  if (!fault.empty()) Mistake(fault);
  return fault.empty();
}

bool LayerBuilder::Known(absl::string_view argument, absl::string_view value,
                         absl::Span<const absl::string_view> names) {
  if (std::find(names.begin(), names.end(), value) != names.end()) return true;
  Mistake(Unknown(argument, value, {names.begin(), names.end()}));
  return false;
}

void LayerBuilder::CheckInitializer(absl::string_view argument, const Initializer& initializer) {
  for (const std::string& fault : FaultsOf(initializer)) Mistake(absl::StrCat(argument, ": ", fault));
}

void LayerBuilder::CheckRegularizer(absl::string_view argument, const Regularizer& regularizer) {
  for (const std::string& fault : FaultsOf(regularizer)) Mistake(absl::StrCat(argument, ": ", fault));
}

bool LayerBuilder::HasRank(const Symbol& x, int rank, absl::string_view what) {
  if (!x.known()) return false;
  if (type(x).rank() == rank) return true;
  Mistake(absl::StrCat("takes ", what, ", got ", ShapeText(type(x).shape)));
  return false;
}

int LayerBuilder::FindAxis(int64_t axis, const Symbol& x) {
  const int rank = type(x).rank();
  const int64_t from_front = axis < 0 ? axis + rank : axis;
  if (from_front > 0 && from_front < rank) return static_cast<int>(from_front);
  if (rank == 1)
    Mistake(absl::StrCat("takes tensors with an axis besides n, got ", ShapeText(type(x).shape)));
  else
    Mistake(absl::StrCat("axis must lie within 1 ... ", rank - 1, " or -", rank - 1, " ... -1, got ", axis));
  return 0;
}

Symbol LayerBuilder::Emit(const ir::Op& op, const std::vector<Symbol>& inputs, ir::Attributes attributes, bool last) {
  std::vector<ir::ValueId> ids;
  Symbol result;
  bool guessed = false;
  for (const Symbol& input : inputs) {
    if (!input.known()) return Symbol();
    ids.push_back(input.value);
    guessed |= input.guessed != 0;
    result.learned |= input.learned;
  }
  if (result.learned && op.gradient == nullptr) {
    Mistake(op.not_differentiable);
    result.learned = false;
  }
  const std::string name = last && nested_ == 0 ? Prefix() : absl::StrCat(Prefix(), ".", op.name);
  absl::StatusOr<std::vector<ir::ValueId>> outputs = graph_.AddNode(op, ids, std::move(attributes), {Where()}, name);
  if (!outputs.ok()) {
    if (!guessed) Mistake(outputs.status().message());
    return Symbol();
  }
  result.value = outputs->front();
  for (const Symbol& input : inputs) {
    result.guessed |= type(input).rank() == type(result).rank() ? input.guessed : AllAxes(input.guessed != 0);
  }
  return result;
}

Symbol LayerBuilder::Nested(absl::FunctionRef<Symbol()> lower) {
  ++nested_;
  Symbol result = lower();
  --nested_;
  return result;
}

Symbol LayerBuilder::Constant(absl::string_view suffix, double value) {
  auto outputs =
      graph_.AddNode(ir::kConstant, {}, ir::ScalarConstant(value), {Where()}, absl::StrCat(Prefix(), ".", suffix));
  BRINE_CHECK(outputs.ok());
  return {outputs->front()};
}

Symbol LayerBuilder::Table(absl::string_view suffix, const ir::Shape& shape, const std::vector<double>& values) {
  auto outputs =
      graph_.AddNode(ir::kConstant, {}, {{"dtype", std::string("f32")}, {"shape", shape}, {"values", values}},
                     {Where()}, absl::StrCat(Prefix(), ".", suffix));
  BRINE_CHECK(outputs.ok());
  return {outputs->front()};
}

Symbol LayerBuilder::Draw(const ir::Op& op, const ir::Shape& shape, absl::string_view name) {
  return EmitIntermediate(op, {Seed(), Step()}, {{"id", RandomId(name)}, {"shape", shape}});
}

Symbol LayerBuilder::InTraining(Symbol y, const Symbol& x) {
  y.guessed = x.guessed;
  return Emit(ir::kInTrainPhase, {y, x});
}

Symbol LayerBuilder::Weight(absl::string_view suffix, const ir::Shape& shape, const Initializer& initializer,
                            ir::Role role) {
  absl::StatusOr<ir::Initializer> resolved = ir::Initializer();
  if (FaultsOf(initializer).empty()) resolved = ResolveInitializer(initializer, shape);
  if (!resolved.ok()) Mistake(absl::StrCat(suffix, "_initializer: ", resolved.status().message()));
  return State(suffix, shape, resolved.ok() ? *resolved : ir::Initializer(), role);
}

Symbol LayerBuilder::State(absl::string_view suffix, const ir::Shape& shape, const ir::Initializer& initializer,
                           ir::Role role) {
  const bool learned = role == ir::Role::kParameter;
  const std::string name = absl::StrCat(name_, "/", suffix);
  if (const ir::ValueId shared = call_ == 0 ? ir::kNoValue : graph_.FindValue(name); shared != ir::kNoValue) {
    if (graph_.type(shared).shape != shape) {
      Mistake(absl::StrCat("shares its ", suffix, " ", ShapeText(graph_.type(shared).shape),
                           " with an earlier call, but this call needs ", ShapeText(shape)));
      return Symbol();
    }
    return {shared, 0, learned};
  }
  if (absl::Status size = ir::CheckShape(shape); !size.ok()) {
    Mistake(absl::StrCat(suffix, ": ", size.message()));
    return Symbol();
  }
  const ir::ValueId value = graph_.AddValue(name, {ir::DType::kF32, shape});
  graph_.states.push_back({value, role, initializer, Where()});
  return {value, 0, learned};
}

Symbol LayerBuilder::Parameter(absl::string_view suffix, const ir::Shape& shape, const Initializer& initializer,
                               bool trainable) {
  return Weight(suffix, shape, initializer, IsTrained(trainable) ? ir::Role::kParameter : ir::Role::kFrozen);
}

Symbol LayerBuilder::PenaltyOf(absl::string_view argument, const Regularizer& regularizer, const Symbol& x) {
  if (!x.known() || !FaultsOf(regularizer).empty()) return Symbol();
  std::vector<int64_t> axes(type(x).shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  Symbol penalty;
  const auto add = [&](absl::string_view name, double factor, absl::FunctionRef<Symbol()> magnitudes) {
    if (factor == 0) return;
    const Symbol sum = EmitIntermediate(ir::kReduceSum, {magnitudes()}, {{"axes", axes}});
    const Symbol term = EmitIntermediate(ir::kMul, {sum, Scalar(absl::StrCat(argument, "/", name), factor)});
    penalty = penalty.known() ? EmitIntermediate(ir::kAdd, {penalty, term}) : term;
  };
  const PenaltyFactors factors = FactorsOf(regularizer);
  add("l1", factors.l1, [&] { return EmitIntermediate(ir::kAbs, {x}); });
  add("l2", factors.l2, [&] { return EmitIntermediate(ir::kMul, {x, x}); });
  return penalty;
}

void LayerBuilder::PenalizeWeight(absl::string_view argument, const Regularizer& regularizer, const Symbol& weight) {
  if (call_ > 0 || !weight.learned) return;
  const Symbol penalty = PenaltyOf(argument, regularizer, weight);
  if (penalty.known()) graph_.penalties.push_back(penalty.value);
}

void LayerBuilder::PenalizeActivity(absl::string_view argument, const Regularizer& regularizer, const Symbol& output) {
  const Symbol penalty = PenaltyOf(argument, regularizer, output);
  if (penalty.known()) graph_.penalties.push_back(EmitIntermediate(ir::kDiv, {penalty, Rows()}).value);
}

Symbol LayerBuilder::Statistic(absl::string_view suffix, const ir::Shape& shape, const Initializer& initializer) {
  return Weight(suffix, shape, initializer, ir::Role::kStatistic);
}

Symbol LayerBuilder::DataStatistic(absl::string_view suffix, ir::InitializerKind kind, double initial,
                                   const Symbol& data) {
  const ir::Initializer initializer = {kind, initial, 0, data.value};
  const Symbol statistic = State(suffix, {type(data).shape.back()}, initializer, ir::Role::kStatistic);
  if (statistic.known() && graph_.FindState(statistic.value)->initializer != initializer)
    Mistake("learns from one input of the model, but is called with several");
  return statistic;
}

Symbol LayerBuilder::Latest(const Symbol& statistic) const {
  for (const ir::Update& update : graph_.updates) {
    if (update.state == statistic.value) return {update.value};
  }
  return statistic;
}

void LayerBuilder::Update(const Symbol& statistic, const Symbol& value) {
  if (!statistic.known() || !value.known()) return;
  for (ir::Update& update : graph_.updates) {
    if (update.state != statistic.value) continue;
    update.value = value.value;
    return;
  }
  graph_.updates.push_back({statistic.value, value.value});
}

Symbol LayerBuilder::HostInput(absl::string_view name, ir::Type type, ir::Source source, double initial) {
  for (const ir::Input& input : graph_.inputs) {
    const bool same = source != ir::Source::kScalar || absl::string_view(graph_.value(input.value).name) == name;
    if (input.source == source && same) return {input.value};
  }
  const ir::ValueId value = graph_.AddValue(name, std::move(type));
  graph_.inputs.push_back({value, source, initial});
  return {value};
}

Symbol LayerBuilder::Scalar(absl::string_view suffix, double initial) {
  return HostInput(absl::StrCat(name_, "/", suffix), {ir::DType::kF32, {}}, ir::Source::kScalar, initial);
}
Symbol LayerBuilder::Seed() { return HostInput("seed", {ir::DType::kU32, {2}}, ir::Source::kSeed, 0); }
Symbol LayerBuilder::Step() { return HostInput("step", {ir::DType::kU32, {2}}, ir::Source::kStep, 0); }

Symbol LayerBuilder::Rows() { return HostInput("rows", {ir::DType::kF32, {}}, ir::Source::kRows, 0); }

int64_t LayerBuilder::RandomId(absl::string_view draw) const {
  return ir::NameId(draw.empty() ? Prefix() : absl::StrCat(Prefix(), ".", draw));
}

bool LayerBuilder::IsDataInput(const Symbol& x) const {
  const ir::Input* const input = graph_.FindInput(x.value);
  return input != nullptr && input->source == ir::Source::kData;
}

Symbol LayerBuilder::DataInput(const ir::Type& type) {
  const ir::ValueId value = graph_.AddValue(layer_.name.empty() ? "x" : layer_.name, type);
  graph_.inputs.push_back({value, ir::Source::kData, 0});
  return {value};
}

Symbol LayerBuilder::AsReal(const Symbol& x) {
  if (!x.known() || type(x).dtype == ir::DType::kF32) return x;
  return Emit(ir::kCast, {x}, {{"to", std::string("f32")}}, /*last=*/false);
}

}  // namespace brine::internal
