#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ir/limits.h"
#include "ir/names.h"
#include "ir/op.h"
#include "ir/proto/graph.pb.h"
#include "ir/proto/proto.h"
#include "ir/status.h"

namespace brine::ir {
namespace {

// Reads one graph.  Each enum is checked before it is cast, since protobuf accepts numbers that are no enumerator.
class GraphReader {
 public:
  explicit GraphReader(size_t& node_count) : node_count_(node_count) {}

  absl::StatusOr<Graph> Read(const proto::Graph& from) {
    graph_.name = from.name();
    if (!proto::Graph::Stage_IsValid(from.stage())) return Unknown("stage", from.stage());
    if (!proto::Graph::Function_IsValid(from.function())) return Unknown("function", from.function());
    graph_.stage = static_cast<Stage>(from.stage());
    graph_.function = static_cast<Function>(from.function());
    graph_.batch_size = from.batch_size();
    for (int size : {from.layers_size(), from.inputs_size(), from.states_size(), from.updates_size(),
                     from.penalties_size(), from.outputs_size(), from.results_size()}) {
      if (static_cast<size_t>(size) > kMaxList)
        return Error(absl::StrCat(size, " entries of a kind are more than ", kMaxList));
    }
    for (const proto::Layer& layer : from.layers()) {
      BRINE_ASSIGN_OR_RETURN(Type output, ReadType(layer.output()));
      graph_.layers.push_back({layer.name(), layer.kind(), std::move(output), ReadLocation(layer.location())});
    }
    if (from.has_training()) BRINE_RETURN_IF_ERROR(ReadTraining(from.training()));
    for (const proto::Input& input : from.inputs()) BRINE_RETURN_IF_ERROR(ReadInput(input));
    for (const proto::State& state : from.states()) BRINE_RETURN_IF_ERROR(ReadState(state));
    for (const proto::Node& node : from.nodes()) {
      part_ = absl::StrCat("node ", graph_.nodes.size() + 1);
      BRINE_ASSIGN_OR_RETURN(Node read, ReadNode(node, /*in_kernel=*/false));
      graph_.nodes.push_back(std::move(read));
    }
    part_ = "updates";
    for (const proto::Update& update : from.updates()) {
      BRINE_ASSIGN_OR_RETURN(const ValueId state, Use(update.state()));
      BRINE_ASSIGN_OR_RETURN(const ValueId value, Use(update.value()));
      graph_.updates.push_back({state, value});
    }
    part_ = "penalties";
    for (const std::string& penalty : from.penalties()) {
      BRINE_ASSIGN_OR_RETURN(const ValueId value, Use(penalty));
      graph_.penalties.push_back(value);
    }
    part_ = "outputs";
    for (const proto::Output& output : from.outputs()) {
      BRINE_ASSIGN_OR_RETURN(const ValueId value, Use(output.value()));
      graph_.outputs.push_back({output.name(), value, output.is_sum()});
    }
    part_ = "results";
    for (const proto::Result& result : from.results()) {
      BRINE_ASSIGN_OR_RETURN(Expression expression, ReadExpression(result.expression()));
      graph_.results.push_back({result.name(), std::move(expression), result.summands()});
    }
    return std::move(graph_);
  }

 private:
  absl::Status Error(absl::string_view sentence) const {
    return absl::InvalidArgumentError(
        absl::StrCat("graph ", Excerpt(graph_.name), ": ", part_, part_.empty() ? "" : ": ", sentence));
  }
  absl::Status Unknown(absl::string_view what, int number) const {
    return Error(absl::StrCat("unknown ", what, " ", number));
  }

  absl::StatusOr<Type> ReadType(const proto::Type& type) const {
    if (type.element() == proto::Type::NONE || !proto::Type::Element_IsValid(type.element()))
      return Unknown("element type", type.element());
    if (type.dims_size() > kMaxRank) return Error(absl::StrCat("rank ", type.dims_size(), " exceeds ", kMaxRank));
    return Type{static_cast<DType>(type.element() - 1), Shape(type.dims().begin(), type.dims().end())};
  }

  static Location ReadLocation(const proto::Location& location) {
    return {location.file(), location.line(), location.layer()};
  }

  absl::StatusOr<std::optional<Placement>> ReadPlacement(const proto::Value& value) const {
    if (!value.has_placement()) return std::optional<Placement>();
    if (!proto::Placement::Block_IsValid(value.placement().block())) return Unknown("block", value.placement().block());
    return std::optional<Placement>(
        Placement{static_cast<Block>(value.placement().block()), value.placement().offset()});
  }

  absl::StatusOr<Attributes> ReadAttributes(const google::protobuf::RepeatedPtrField<proto::Attribute>& from) const {
    Attributes attributes;
    for (const proto::Attribute& attribute : from) {
      if (attributes.Has(attribute.name()))
        return Error(absl::StrCat("attribute ", Excerpt(attribute.name()), " is given twice"));
      if (!IsWord(attribute.name()))
        return Error(absl::StrCat("attribute name ", Excerpt(attribute.name()), " is not one word"));
      AttributeValue value;
      switch (attribute.value_case()) {
        case proto::Attribute::kBoolean:
          value = attribute.boolean();
          break;
        case proto::Attribute::kInteger:
          value = int64_t{attribute.integer()};
          break;
        case proto::Attribute::kReal:
          value = attribute.real();
          break;
        case proto::Attribute::kText:
          value = attribute.text();
          break;
        case proto::Attribute::kIntegers: {
          const auto& values = attribute.integers().values();
          value = std::vector<int64_t>(values.begin(), values.end());
          break;
        }
        case proto::Attribute::kReals: {
          const auto& values = attribute.reals().values();
          value = std::vector<double>(values.begin(), values.end());
          break;
        }
        case proto::Attribute::VALUE_NOT_SET:
          return Error(absl::StrCat("attribute ", attribute.name(), " has no value"));
      }
      attributes.Set(attribute.name(), std::move(value));
    }
    return attributes;
  }

  absl::Status ReadTraining(const proto::Training& from) {
    for (const proto::Objective& objective : from.objectives()) {
      BRINE_ASSIGN_OR_RETURN(Attributes arguments, ReadAttributes(objective.arguments()));
      graph_.training.objectives.push_back(
          {objective.output(), objective.loss(), std::move(arguments), objective.weight(), {}});
      for (const proto::Metric& metric : objective.metrics()) {
        BRINE_ASSIGN_OR_RETURN(Attributes of_metric, ReadAttributes(metric.arguments()));
        graph_.training.objectives.back().metrics.push_back({metric.metric(), std::move(of_metric), metric.name()});
      }
    }
    graph_.training.optimizer = from.optimizer();
    BRINE_ASSIGN_OR_RETURN(graph_.training.optimizer_arguments, ReadAttributes(from.optimizer_arguments()));
    graph_.training.location = ReadLocation(from.location());
    for (const proto::RateMultiplier& multiplier : from.learning_rate_multipliers())
      graph_.training.learning_rate_multipliers.push_back({multiplier.layer(), multiplier.factor()});
    graph_.training.exclude_from_weight_decay.assign(from.exclude_from_weight_decay().begin(),
                                                     from.exclude_from_weight_decay().end());
    return absl::OkStatus();
  }

  absl::StatusOr<Expression> ReadExpression(const google::protobuf::RepeatedPtrField<proto::Term>& from) const {
    if (static_cast<size_t>(from.size()) > kMaxExpressionTerms)
      return Error(absl::StrCat("an expression has more than ", kMaxExpressionTerms, " terms"));
    Expression expression;
    for (const proto::Term& term : from) {
      if (!proto::Term::Kind_IsValid(term.kind())) return Unknown("kind of term", term.kind());
      const double number = term.kind() == proto::Term::CONSTANT ? term.number() : 0;
      expression.push_back({.kind = static_cast<TermKind>(term.kind()), .number = number});
      if (term.kind() == proto::Term::OUTPUT || term.kind() == proto::Term::NEXT)
        expression.back().output = term.output();
      if (term.kind() == proto::Term::SCALAR) {
        BRINE_ASSIGN_OR_RETURN(expression.back().scalar, Use(term.scalar()));
      }
    }
    return expression;
  }

  absl::Status ReadInput(const proto::Input& from) {
    BRINE_ASSIGN_OR_RETURN(const ValueId value, Define(from.value()));
    if (!proto::Input::Source_IsValid(from.source())) return Unknown("source", from.source());
    BRINE_ASSIGN_OR_RETURN(Expression expression, ReadExpression(from.expression()));
    graph_.inputs.push_back({value, static_cast<Source>(from.source()), from.initial(), std::move(expression)});
    return absl::OkStatus();
  }

  absl::Status ReadState(const proto::State& from) {
    BRINE_ASSIGN_OR_RETURN(const ValueId value, Define(from.value()));
    if (!proto::State::Role_IsValid(from.role())) return Unknown("role", from.role());
    if (!proto::State::Initializer_IsValid(from.initializer())) return Unknown("initializer", from.initializer());
    Initializer initializer{static_cast<InitializerKind>(from.initializer()), from.initializer_argument(),
                            from.initializer_mean()};
    if (initializer.is_of_data()) {
      BRINE_ASSIGN_OR_RETURN(initializer.data, Use(from.initializer_data()));
    }
    graph_.states.push_back({value, static_cast<Role>(from.role()), initializer, ReadLocation(from.location())});
    return absl::OkStatus();
  }

  absl::StatusOr<Node> ReadNode(const proto::Node& from, bool in_kernel) {
    if (++node_count_ > kMaxNodes) return Error(absl::StrCat("more than ", kMaxNodes, " nodes"));
    for (int size : {from.inputs_size(), from.outputs_size(), from.locations_size()}) {
      if (static_cast<size_t>(size) > kMaxList)
        return Error(absl::StrCat("a list of ", size, " entries is longer than ", kMaxList));
    }
    const bool is_kernel = from.op().empty();
    if (is_kernel && in_kernel) return Error("a kernel cannot hold another kernel");
    Node node;
    for (const std::string& input : from.inputs()) {
      BRINE_ASSIGN_OR_RETURN(const ValueId value, Use(input));
      node.inputs.push_back(value);
    }
    for (const proto::Location& location : from.locations()) node.locations.push_back(ReadLocation(location));
    BRINE_ASSIGN_OR_RETURN(node.attributes, ReadAttributes(from.attributes()));
    if (!is_kernel) {
      node.op = FindOp(from.op());
      if (node.op == nullptr) return Error(absl::StrCat("unknown op ", Excerpt(from.op()), DidYouMeanOp(from.op())));
      if (const absl::Status complete = CompleteAttributes(*node.op, node.attributes); !complete.ok())
        return Error(complete.message());
      if (!from.region().empty() || from.scratch_bytes() != 0 || from.sparse_size() > 0 || from.body_size() > 0)
        return Error("only a kernel has a region, sparse inputs, scratch and a body");
      for (const proto::Value& output : from.outputs()) {
        BRINE_ASSIGN_OR_RETURN(const ValueId value, Define(output));
        node.outputs.push_back(value);
      }
      return node;
    }
    BRINE_RETURN_IF_ERROR(ReadKernel(from, node));
    return node;
  }

  // Reads what a kernel has besides its inputs and locations.
  absl::Status ReadKernel(const proto::Node& from, Node& node) {
    if (from.attributes_size() > 0) return Error("a kernel has no attributes");
    node.region = from.region();
    node.scratch_bytes = from.scratch_bytes();
    node.sparse.assign(from.sparse().begin(), from.sparse().end());
    const size_t before = graph_.values.size();
    for (const proto::Node& inner : from.body()) {
      BRINE_ASSIGN_OR_RETURN(Node read, ReadNode(inner, /*in_kernel=*/true));
      node.body.push_back(std::move(read));
    }
    for (const proto::Value& output : from.outputs()) {
      BRINE_ASSIGN_OR_RETURN(const ValueId id, Use(output.name()));
      if (Index(id) < before) return Error(absl::StrCat("%", output.name(), " is not defined in the kernel's body"));
      Value& value = graph_.value(id);
      BRINE_ASSIGN_OR_RETURN(const Type type, ReadType(output.type()));
      if (type != value.type)
        return Error(absl::StrCat("%", value.name, " is ", ToString(type), " outside, but ", ToString(value.type),
                                  " in the body"));
      BRINE_ASSIGN_OR_RETURN(const std::optional<Placement> placement, ReadPlacement(output));
      if (placement && value.placement) return Error(absl::StrCat("%", value.name, " has a place already"));
      if (placement) value.placement = placement;
      node.outputs.push_back(id);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ValueId> Define(const proto::Value& from) {
    if (!IsName(from.name())) return Error(absl::StrCat("\"", Excerpt(from.name()), "\" is not a value's name"));
    if (graph_.values.size() == kMaxValues) return Error(absl::StrCat("more than ", kMaxValues, " values"));
    const ValueId id = IdAt<ValueId>(graph_.values.size());
    if (!ids_.emplace(from.name(), id).second) return Error(absl::StrCat("%", from.name(), " is defined twice"));
    BRINE_ASSIGN_OR_RETURN(Type type, ReadType(from.type()));
    BRINE_ASSIGN_OR_RETURN(const std::optional<Placement> placement, ReadPlacement(from));
    graph_.values.push_back({from.name(), std::move(type), placement});
    return id;
  }

  absl::StatusOr<ValueId> Use(const std::string& name) const {
    const auto it = ids_.find(name);
    if (it == ids_.end()) return Error(absl::StrCat("%", Excerpt(name), " is not defined before it is read"));
    return it->second;
  }

  Graph graph_;
  std::string part_;  // the part of the graph that is being read, for messages
  absl::flat_hash_map<std::string, ValueId> ids_;
  size_t& node_count_;  // in all graphs that were read so far
};

}  // namespace

absl::StatusOr<std::vector<Graph>> FromProto(const proto::Module& module) {
  if (module.version() > kProtoVersion) {
    return absl::InvalidArgumentError(absl::StrCat("written by a newer Brine (version ", module.version(),
                                                   ", this one reads up to ", kProtoVersion, ")"));
  }
  if (module.version() == 0 || module.graphs_size() == 0) return absl::InvalidArgumentError("holds no Brine graph");
  if (static_cast<size_t>(module.graphs_size()) > kMaxGraphs)
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxGraphs, " graphs"));
  std::vector<Graph> graphs;
  size_t node_count = 0;
  for (const proto::Graph& from : module.graphs()) {
    BRINE_ASSIGN_OR_RETURN(Graph graph, GraphReader(node_count).Read(from));
    graphs.push_back(std::move(graph));
  }
  return graphs;
}

}  // namespace brine::ir
