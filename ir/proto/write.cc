#include <algorithm>

#include "ir/op.h"
#include "ir/proto/graph.pb.h"
#include "ir/proto/proto.h"

namespace brine::ir {
namespace {

// Pairs of enumerators of graph.h and graph.proto that mean the same.  The casts between the two enums, here and in
// read.cc, are right because the enumerators of a pair have equal numbers.
template <typename Ours, typename Theirs>
struct Pair {
  Ours ours;
  Theirs theirs;
};

// Whether the rows have all enumerators of both enums in order, those of graph.proto being `offset` greater.
template <typename Ours, typename Theirs, size_t size>
constexpr bool Agree(const Pair<Ours, Theirs> (&rows)[size], Theirs last, int offset = 0) {
  for (size_t index = 0; index < size; ++index) {
    const int number = static_cast<int>(index);
    if (static_cast<int>(rows[index].ours) != number || rows[index].theirs != number + offset) return false;
  }
  return last == static_cast<int>(size) - 1 + offset;
}

constexpr Pair<Stage, proto::Graph::Stage> kStages[] = {{Stage::kGraph, proto::Graph::GRAPH},
                                                        {Stage::kTrain, proto::Graph::TRAIN},
                                                        {Stage::kFused, proto::Graph::FUSED},
                                                        {Stage::kPlanned, proto::Graph::PLANNED}};
static_assert(Agree(kStages, proto::Graph::Stage_MAX));

constexpr Pair<Function, proto::Graph::Function> kFunctions[] = {{Function::kModel, proto::Graph::MODEL},
                                                                 {Function::kTrain, proto::Graph::TRAIN_STEP},
                                                                 {Function::kEvaluate, proto::Graph::EVALUATE},
                                                                 {Function::kPredict, proto::Graph::PREDICT}};
static_assert(Agree(kFunctions, proto::Graph::Function_MAX));

// The element types of graph.proto begin at 1, so that a type that a file lacks, which is read as 0, is an error.
constexpr Pair<DType, proto::Type::Element> kElements[] = {{DType::kF32, proto::Type::F32},
                                                           {DType::kI32, proto::Type::I32},
                                                           {DType::kU32, proto::Type::U32},
                                                           {DType::kU8, proto::Type::U8},
                                                           {DType::kMask, proto::Type::MASK}};
static_assert(Agree(kElements, proto::Type::Element_MAX, 1));

constexpr Pair<Block, proto::Placement::Block> kBlocks[] = {
    {Block::kArena, proto::Placement::ARENA},           {Block::kInputs, proto::Placement::INPUTS},
    {Block::kParameters, proto::Placement::PARAMETERS}, {Block::kGradients, proto::Placement::GRADIENTS},
    {Block::kSlots, proto::Placement::SLOTS},           {Block::kConstants, proto::Placement::CONSTANTS},
    {Block::kOutputs, proto::Placement::OUTPUTS},       {Block::kNonTrainable, proto::Placement::NON_TRAINABLE}};
static_assert(Agree(kBlocks, proto::Placement::Block_MAX));

constexpr Pair<Source, proto::Input::Source> kSources[] = {{Source::kData, proto::Input::DATA},
                                                           {Source::kLabel, proto::Input::LABEL},
                                                           {Source::kScalar, proto::Input::SCALAR},
                                                           {Source::kSeed, proto::Input::SEED},
                                                           {Source::kStep, proto::Input::STEP},
                                                           {Source::kRows, proto::Input::ROWS},
                                                           {Source::kExpression, proto::Input::EXPRESSION},
                                                           {Source::kWeight, proto::Input::WEIGHT}};
static_assert(Agree(kSources, proto::Input::Source_MAX));

constexpr Pair<TermKind, proto::Term::Kind> kTerms[] = {
    {TermKind::kConstant, proto::Term::CONSTANT}, {TermKind::kScalar, proto::Term::SCALAR},
    {TermKind::kStep, proto::Term::STEP},         {TermKind::kAdd, proto::Term::ADD},
    {TermKind::kSub, proto::Term::SUB},           {TermKind::kMul, proto::Term::MUL},
    {TermKind::kDiv, proto::Term::DIV},           {TermKind::kPow, proto::Term::POW},
    {TermKind::kMin, proto::Term::MIN},           {TermKind::kMax, proto::Term::MAX},
    {TermKind::kSqrt, proto::Term::SQRT},         {TermKind::kExp, proto::Term::EXP},
    {TermKind::kLog, proto::Term::LOG},           {TermKind::kCos, proto::Term::COS},
    {TermKind::kFloor, proto::Term::FLOOR},       {TermKind::kLess, proto::Term::LESS},
    {TermKind::kSelect, proto::Term::SELECT},     {TermKind::kQPochhammer, proto::Term::Q_POCHHAMMER},
    {TermKind::kRows, proto::Term::ROWS},         {TermKind::kOutput, proto::Term::OUTPUT},
    {TermKind::kNext, proto::Term::NEXT}};
static_assert(Agree(kTerms, proto::Term::Kind_MAX));

constexpr Pair<Role, proto::State::Role> kRoles[] = {{Role::kParameter, proto::State::PARAMETER},
                                                     {Role::kSlot, proto::State::SLOT},
                                                     {Role::kFrozen, proto::State::FROZEN},
                                                     {Role::kStatistic, proto::State::STATISTIC},
                                                     {Role::kAverage, proto::State::AVERAGE}};
static_assert(Agree(kRoles, proto::State::Role_MAX));

constexpr Pair<InitializerKind, proto::State::Initializer> kInitializers[] = {
    {InitializerKind::kConstant, proto::State::CONSTANT},
    {InitializerKind::kUniform, proto::State::UNIFORM},
    {InitializerKind::kTruncatedNormal, proto::State::TRUNCATED_NORMAL},
    {InitializerKind::kNormal, proto::State::NORMAL},
    {InitializerKind::kOrthogonal, proto::State::ORTHOGONAL},
    {InitializerKind::kIdentity, proto::State::IDENTITY},
    {InitializerKind::kDataMean, proto::State::DATA_MEAN},
    {InitializerKind::kDataVariance, proto::State::DATA_VARIANCE}};
static_assert(Agree(kInitializers, proto::State::Initializer_MAX));

proto::Type ToProto(const Type& type) {
  proto::Type out;
  out.set_element(static_cast<proto::Type::Element>(static_cast<int>(type.dtype) + 1));
  for (Dim dim : type.shape) out.add_dims(dim);
  return out;
}

proto::Location ToProto(const Location& location) {
  proto::Location out;
  out.set_file(location.file);
  out.set_line(location.line);
  out.set_layer(location.layer);
  return out;
}

proto::Value ToProto(const Value& value, bool with_placement) {
  proto::Value out;
  out.set_name(value.name);
  *out.mutable_type() = ToProto(value.type);
  if (!value.placement || !with_placement) return out;
  out.mutable_placement()->set_block(static_cast<proto::Placement::Block>(value.placement->block));
  out.mutable_placement()->set_offset(value.placement->offset);
  return out;
}

proto::Attribute ToProto(const std::string& name, const AttributeValue& value) {
  struct Setter {
    proto::Attribute& out;
    void operator()(bool boolean) const { out.set_boolean(boolean); }
    void operator()(int64_t integer) const { out.set_integer(integer); }
    void operator()(double real) const { out.set_real(real); }
    void operator()(const std::string& text) const { out.set_text(text); }
    void operator()(const std::vector<int64_t>& integers) const {
      out.mutable_integers()->mutable_values()->Assign(integers.begin(), integers.end());
    }
    void operator()(const std::vector<double>& reals) const {
      out.mutable_reals()->mutable_values()->Assign(reals.begin(), reals.end());
    }
  };
  proto::Attribute out;
  out.set_name(name);
  std::visit(Setter{out}, value);
  return out;
}

proto::Term ToProto(const Graph& graph, const Term& term) {
  proto::Term out;
  out.set_kind(static_cast<proto::Term::Kind>(term.kind));
  out.set_number(term.number);
  if (term.kind == TermKind::kScalar) out.set_scalar(graph.value(term.scalar).name);
  out.set_output(term.output);
  return out;
}

proto::Node ToProto(const Graph& graph, const Node& node, const Node* kernel) {
  proto::Node out;
  if (!node.is_kernel()) out.set_op(node.op->name);
  for (ValueId input : node.inputs) out.add_inputs(graph.value(input).name);
  for (ValueId output : node.outputs) {
    const bool is_kernel_output =
        kernel != nullptr && std::find(kernel->outputs.begin(), kernel->outputs.end(), output) != kernel->outputs.end();
    *out.add_outputs() = ToProto(graph.value(output), !is_kernel_output);
  }
  for (const auto& [name, value] : node.attributes) *out.add_attributes() = ToProto(name, value);
  for (const Location& location : node.locations) *out.add_locations() = ToProto(location);
  out.set_region(node.region);
  out.set_scratch_bytes(node.scratch_bytes);
  for (int64_t input : node.sparse) out.add_sparse(input);
  if (kernel == nullptr) {
    for (const Node& inner : node.body) *out.add_body() = ToProto(graph, inner, &node);
  }
  return out;
}

proto::Objective ToProto(const Objective& objective) {
  proto::Objective out;
  out.set_output(objective.output);
  out.set_loss(objective.loss);
  for (const auto& [name, value] : objective.arguments) *out.add_arguments() = ToProto(name, value);
  out.set_weight(objective.weight);
  for (const MetricUse& use : objective.metrics) {
    proto::Metric& to = *out.add_metrics();
    to.set_metric(use.metric);
    for (const auto& [name, value] : use.arguments) *to.add_arguments() = ToProto(name, value);
    to.set_name(use.name);
  }
  return out;
}

proto::Graph ToProto(const Graph& graph) {
  proto::Graph out;
  out.set_name(graph.name);
  out.set_stage(static_cast<proto::Graph::Stage>(graph.stage));
  out.set_function(static_cast<proto::Graph::Function>(graph.function));
  out.set_batch_size(graph.batch_size);
  for (const Layer& layer : graph.layers) {
    proto::Layer& to = *out.add_layers();
    to.set_name(layer.name);
    to.set_kind(layer.kind);
    *to.mutable_output() = ToProto(layer.output);
    if (layer.location != Location()) *to.mutable_location() = ToProto(layer.location);
  }
  if (IsCompiled(graph.training)) {
    proto::Training& to = *out.mutable_training();
    for (const Objective& objective : graph.training.objectives) *to.add_objectives() = ToProto(objective);
    to.set_optimizer(graph.training.optimizer);
    for (const auto& [name, value] : graph.training.optimizer_arguments)
      *to.add_optimizer_arguments() = ToProto(name, value);
    for (const RateMultiplier& multiplier : graph.training.learning_rate_multipliers) {
      proto::RateMultiplier& out_multiplier = *to.add_learning_rate_multipliers();
      out_multiplier.set_layer(multiplier.layer);
      out_multiplier.set_factor(multiplier.factor);
    }
    for (const std::string& part : graph.training.exclude_from_weight_decay) to.add_exclude_from_weight_decay(part);
    if (graph.training.location != Location()) *to.mutable_location() = ToProto(graph.training.location);
  }
  for (const Input& input : graph.inputs) {
    proto::Input& to = *out.add_inputs();
    *to.mutable_value() = ToProto(graph.value(input.value), true);
    to.set_source(static_cast<proto::Input::Source>(input.source));
    to.set_initial(input.initial);
    for (const Term& term : input.expression) *to.add_expression() = ToProto(graph, term);
  }
  for (const State& state : graph.states) {
    proto::State& to = *out.add_states();
    *to.mutable_value() = ToProto(graph.value(state.value), true);
    to.set_role(static_cast<proto::State::Role>(state.role));
    to.set_initializer(static_cast<proto::State::Initializer>(state.initializer.kind));
    to.set_initializer_argument(state.initializer.argument);
    to.set_initializer_mean(state.initializer.mean);
    if (state.initializer.is_of_data()) to.set_initializer_data(graph.value(state.initializer.data).name);
    if (state.location != Location()) *to.mutable_location() = ToProto(state.location);
  }
  for (const Node& node : graph.nodes) *out.add_nodes() = ToProto(graph, node, nullptr);
  for (const Update& update : graph.updates) {
    proto::Update& to = *out.add_updates();
    to.set_state(graph.value(update.state).name);
    to.set_value(graph.value(update.value).name);
  }
  for (ValueId penalty : graph.penalties) out.add_penalties(graph.value(penalty).name);
  for (const Output& output : graph.outputs) {
    proto::Output& to = *out.add_outputs();
    to.set_name(output.name);
    to.set_value(graph.value(output.value).name);
    to.set_is_sum(output.is_sum);
  }
  for (const Result& result : graph.results) {
    proto::Result& to = *out.add_results();
    to.set_name(result.name);
    for (const Term& term : result.expression) *to.add_expression() = ToProto(graph, term);
    to.set_summands(result.summands);
  }
  return out;
}

}  // namespace

void ToProto(const std::vector<Graph>& graphs, proto::Module& module) {
  module.set_version(kProtoVersion);
  for (const Graph& graph : graphs) *module.add_graphs() = ToProto(graph);
}

}  // namespace brine::ir
