// A recursive descent parser of the text form.  The depth of the recursion is bounded for every text: kernels contain
// no kernels, and a host expression nests no deeper than it may have terms.
#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ir/expression.h"
#include "ir/limits.h"
#include "ir/names.h"
#include "ir/op.h"
#include "ir/status.h"
#include "ir/text/reader.h"
#include "ir/text/text.h"

namespace brine::ir {
namespace {

class Parser {
 public:
  Parser(absl::string_view text, absl::string_view file) : reader_(text, file) {}

  absl::StatusOr<std::vector<Graph>> Parse() {
    std::vector<Graph> graphs;
    do {
      if (!reader_.AcceptWord("graph")) return reader_.Expected("graph \"name\"");
      graph_ = Graph();
      ids_.clear();
      BRINE_RETURN_IF_ERROR(ParseHeader());
      while (!reader_.Accept('}')) BRINE_RETURN_IF_ERROR(ParseLine());
      graphs.push_back(std::move(graph_));
      if (graphs.size() > kMaxGraphs)
        return reader_.Fail(reader_.token().offset, absl::StrCat("more than ", kMaxGraphs, " graphs"));
    } while (reader_.token().kind != TokenKind::kEnd);
    return graphs;
  }

 private:
  absl::Status Fail(const Token& token, absl::string_view sentence) const {
    return reader_.Fail(token.offset, sentence);
  }

  // Reads one of the names of an enum; `what` lists them.
  template <typename Enum>
  absl::StatusOr<Enum> TakeName(absl::string_view what, std::optional<Enum> (*find)(absl::string_view)) {
    BRINE_ASSIGN_OR_RETURN(const Token word, reader_.ExpectWord(what));
    const std::optional<Enum> found = find(word.text);
    if (!found) return Fail(word, absl::StrCat("expected ", what, ", got ", Excerpt(word.text)));
    return *found;
  }

  absl::Status ParseHeader() {
    BRINE_ASSIGN_OR_RETURN(graph_.name, reader_.TakeString("the graph's name"));
    if (reader_.AcceptWord("stage")) {
      BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
      BRINE_ASSIGN_OR_RETURN(graph_.stage, TakeName("graph, train, fused or planned", FindStage));
    }
    if (reader_.AcceptWord("function")) {
      BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
      BRINE_ASSIGN_OR_RETURN(graph_.function, TakeName("model, train, evaluate or predict", FindFunction));
    }
    if (reader_.AcceptWord("batch")) {
      BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
      BRINE_ASSIGN_OR_RETURN(graph_.batch_size, reader_.TakeInteger("batch", 1, kMaxBatchSize));
    }
    return reader_.ExpectMark('{');
  }

  absl::Status ParseLine() {
    struct Row {
      absl::string_view word;
      absl::Status (Parser::*parse)();
    };
    static constexpr Row kRows[] = {
        {"layer", &Parser::ParseLayer},     {"compile", &Parser::ParseCompile}, {"loss", &Parser::ParseLoss},
        {"input", &Parser::ParseInput},     {"state", &Parser::ParseState},     {"update", &Parser::ParseUpdate},
        {"penalty", &Parser::ParsePenalty}, {"output", &Parser::ParseOutput},   {"result", &Parser::ParseResult}};
    constexpr absl::string_view kExpected =
        "layer, compile, loss, input, state, a value, update, penalty, output, result or }";
    const Token token = reader_.token();
    if (token.kind == TokenKind::kValue) {
      BRINE_ASSIGN_OR_RETURN(Node node, ParseNode(/*in_kernel=*/false));
      graph_.nodes.push_back(std::move(node));
      return absl::OkStatus();
    }
    for (const Row& row : kRows) {
      if (!token.IsWord(row.word)) continue;
      reader_.Advance();
      return (this->*row.parse)();
    }
    if (token.kind != TokenKind::kWord) return reader_.Expected(kExpected);
    std::vector<absl::string_view> words;
    for (const Row& row : kRows) words.push_back(row.word);
    return Fail(token,
                absl::StrCat("expected ", kExpected, ", got ", Excerpt(token.text), DidYouMean(token.text, words)));
  }

  absl::Status ParseLayer() {
    Layer layer;
    BRINE_ASSIGN_OR_RETURN(layer.name, reader_.TakeString("the layer's name"));
    BRINE_ASSIGN_OR_RETURN(const Token kind, reader_.ExpectWord("a kind of layer"));
    layer.kind = std::string(kind.text);
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark(':'));
    BRINE_ASSIGN_OR_RETURN(layer.output, reader_.TakeType());
    BRINE_ASSIGN_OR_RETURN(layer.location, reader_.TakeLocation());
    return Append(graph_.layers, std::move(layer));
  }

  absl::Status ParseCompile() {
    Training& training = graph_.training;
    BRINE_RETURN_IF_ERROR(ExpectKey("optimizer"));
    BRINE_ASSIGN_OR_RETURN(training.optimizer, reader_.TakeString("optimizer"));
    BRINE_ASSIGN_OR_RETURN(training.optimizer_arguments, ParseAttributes(nullptr));
    BRINE_RETURN_IF_ERROR(ParseList("learning_rate_multipliers", training.learning_rate_multipliers,
                                    [&]() -> absl::StatusOr<RateMultiplier> {
                                      RateMultiplier row;
                                      BRINE_ASSIGN_OR_RETURN(row.layer, reader_.TakeString("the layer's name"));
                                      BRINE_ASSIGN_OR_RETURN(row.factor, reader_.TakeReal("factor"));
                                      return row;
                                    }));
    BRINE_RETURN_IF_ERROR(ParseList("exclude_from_weight_decay", training.exclude_from_weight_decay,
                                    [&] { return reader_.TakeString("part of a name"); }));
    BRINE_ASSIGN_OR_RETURN(training.location, reader_.TakeLocation());
    return absl::OkStatus();
  }

  // Reads ` name=[a, b]`, if there is one.
  template <typename Row, typename TakeRow>
  absl::Status ParseList(absl::string_view name, std::vector<Row>& rows, const TakeRow& take) {
    if (!reader_.AcceptWord(name)) return absl::OkStatus();
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('['));
    while (!reader_.Accept(']')) {
      if (!rows.empty()) BRINE_RETURN_IF_ERROR(reader_.ExpectMark(','));
      BRINE_ASSIGN_OR_RETURN(Row row, take());
      BRINE_RETURN_IF_ERROR(Append(rows, std::move(row)));
    }
    return absl::OkStatus();
  }

  absl::Status ParseLoss() {
    Objective objective;
    BRINE_ASSIGN_OR_RETURN(objective.output, reader_.TakeString("the output's name"));
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
    BRINE_ASSIGN_OR_RETURN(objective.loss, reader_.TakeString("loss"));
    BRINE_ASSIGN_OR_RETURN(objective.arguments, ParseAttributes(nullptr));
    if (reader_.AcceptWord("weight")) {
      BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
      BRINE_ASSIGN_OR_RETURN(objective.weight, reader_.TakeReal("weight"));
    }
    BRINE_RETURN_IF_ERROR(ExpectKey("metrics"));
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('['));
    while (!reader_.Accept(']')) {
      if (!objective.metrics.empty()) BRINE_RETURN_IF_ERROR(reader_.ExpectMark(','));
      MetricUse use;
      BRINE_ASSIGN_OR_RETURN(use.metric, reader_.TakeString("metric"));
      BRINE_ASSIGN_OR_RETURN(use.arguments, ParseAttributes(nullptr));
      use.name = use.metric;
      if (reader_.AcceptWord("as")) {
        BRINE_ASSIGN_OR_RETURN(use.name, reader_.TakeString("the metric's name"));
      }
      BRINE_RETURN_IF_ERROR(Append(objective.metrics, std::move(use)));
    }
    return Append(graph_.training.objectives, std::move(objective));
  }

  absl::Status ExpectKey(absl::string_view key) {
    return reader_.AcceptWord(key) ? reader_.ExpectMark('=') : reader_.Expected(absl::StrCat(key, "="));
  }

  template <typename T>
  absl::Status Append(std::vector<T>& list, T element) {
    if (list.size() == kMaxList)
      return reader_.Fail(reader_.token().offset, absl::StrCat("more than ", kMaxList, " lines of a kind"));
    list.push_back(std::move(element));
    return absl::OkStatus();
  }

  // Reads `%name : type @place` and adds the value.
  absl::StatusOr<ValueId> ParseDeclaration() {
    BRINE_ASSIGN_OR_RETURN(const Token name, reader_.ExpectValue());
    BRINE_RETURN_IF_ERROR(ExpectColon(name));
    return DefineTyped(name);
  }

  absl::Status ParseInput() {
    Input input;
    BRINE_ASSIGN_OR_RETURN(input.value, ParseDeclaration());
    BRINE_ASSIGN_OR_RETURN(input.source,
                           TakeName("data, label, scalar, seed, step, rows, expression or weight", FindSource));
    if (input.source == Source::kScalar) {
      BRINE_ASSIGN_OR_RETURN(input.initial, reader_.TakeReal("initial value"));
    }
    if (input.source == Source::kExpression) {
      size_t terms = 0;
      BRINE_RETURN_IF_ERROR(ParseExpression(input.expression, terms));
    }
    return Append(graph_.inputs, std::move(input));
  }

  // Appends a number, `%scalar`, `"output"`, `t`, or `operation(expression, …)` to the expression.  `terms` counts the
  // terms that were begun.  The size of the expression would not bound the recursion, since a call is appended after
  // its operands.
  absl::Status ParseExpression(Expression& expression, size_t& terms) {
    constexpr absl::string_view kExpected =
        "a number, %scalar, t, add(, sub(, mul(, div(, pow(, min(, max(, sqrt(, exp(, log(, cos(, floor(, less(, "
        "select( "
        "or q_pochhammer(";
    const Token token = reader_.token();
    if (++terms > kMaxExpressionTerms)
      return Fail(token, absl::StrCat("an expression has more than ", kMaxExpressionTerms, " terms"));
    Term term;
    if (token.kind == TokenKind::kValue) {
      term.kind = TermKind::kScalar;
      BRINE_ASSIGN_OR_RETURN(term.scalar, ParseUse());
    } else if (token.kind == TokenKind::kWord && !token.IsWord("inf") && !token.IsWord("nan")) {
      const std::optional<TermKind> kind = FindTerm(token.text);
      if (!kind) return reader_.Expected(kExpected);
      reader_.Advance();
      term.kind = *kind;
      if (*kind == TermKind::kNext) {
        BRINE_RETURN_IF_ERROR(reader_.ExpectMark('('));
        BRINE_ASSIGN_OR_RETURN(term.output, ParseOutputName());
        BRINE_RETURN_IF_ERROR(reader_.ExpectMark(')'));
      }
      for (int operand = 0; operand < Arity(*kind); ++operand) {
        BRINE_RETURN_IF_ERROR(reader_.ExpectMark(operand == 0 ? '(' : ','));
        BRINE_RETURN_IF_ERROR(ParseExpression(expression, terms));
      }
      if (Arity(*kind) > 0) BRINE_RETURN_IF_ERROR(reader_.ExpectMark(')'));
    } else if (token.kind == TokenKind::kString && !graph_.outputs.empty()) {
      term.kind = TermKind::kOutput;
      BRINE_ASSIGN_OR_RETURN(term.output, ParseOutputName());
    } else {
      if (token.kind == TokenKind::kMark || token.kind == TokenKind::kString) return reader_.Expected(kExpected);
      BRINE_ASSIGN_OR_RETURN(term.number, reader_.TakeReal("constant"));
    }
    expression.push_back(term);
    return absl::OkStatus();
  }

  absl::Status ParseState() {
    constexpr absl::string_view kInitializerNames =
        "constant, uniform, truncated_normal, normal, orthogonal, identity, data_mean or data_variance";
    State state;
    BRINE_ASSIGN_OR_RETURN(state.value, ParseDeclaration());
    BRINE_ASSIGN_OR_RETURN(state.role, TakeName("parameter, slot, frozen, statistic or average", FindRole));
    BRINE_ASSIGN_OR_RETURN(state.initializer.kind, TakeName(kInitializerNames, FindInitializer));
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('('));
    BRINE_ASSIGN_OR_RETURN(state.initializer.argument, reader_.TakeReal("argument"));
    if (state.initializer.is_of_data()) {
      BRINE_RETURN_IF_ERROR(reader_.ExpectMark(','));
      BRINE_ASSIGN_OR_RETURN(state.initializer.data, ParseUse());
    } else if (reader_.Accept(',')) {
      BRINE_ASSIGN_OR_RETURN(state.initializer.mean, reader_.TakeReal("mean"));
    }
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark(')'));
    BRINE_ASSIGN_OR_RETURN(state.location, reader_.TakeLocation());
    return Append(graph_.states, std::move(state));
  }

  absl::Status ParseUpdate() {
    Update update;
    BRINE_ASSIGN_OR_RETURN(update.state, ParseUse());
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
    BRINE_ASSIGN_OR_RETURN(update.value, ParseUse());
    return Append(graph_.updates, update);
  }

  absl::Status ParsePenalty() {
    BRINE_ASSIGN_OR_RETURN(const ValueId penalty, ParseUse());
    return Append(graph_.penalties, penalty);
  }

  absl::Status ParseOutput() {
    Output output;
    BRINE_ASSIGN_OR_RETURN(output.name, reader_.TakeString("the output's name"));
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
    BRINE_ASSIGN_OR_RETURN(output.value, ParseUse());
    output.is_sum = reader_.AcceptWord("sum");
    return Append(graph_.outputs, std::move(output));
  }

  absl::Status ParseResult() {
    Result result;
    BRINE_ASSIGN_OR_RETURN(result.name, reader_.TakeString("the result's name"));
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
    if (reader_.AcceptWord("sum")) {
      BRINE_ASSIGN_OR_RETURN(result.summands, reader_.TakeInteger("summands", 1, kMaxElements));
    }
    size_t terms = 0;
    BRINE_RETURN_IF_ERROR(ParseExpression(result.expression, terms));
    return Append(graph_.results, std::move(result));
  }

  // Reads the name of an output that was defined before, and returns its index.
  absl::StatusOr<int32_t> ParseOutputName() {
    const Token token = reader_.token();
    BRINE_ASSIGN_OR_RETURN(const std::string name, reader_.TakeString("the output's name"));
    std::vector<absl::string_view> known;
    for (const Output& output : graph_.outputs) {
      if (output.name == name) return static_cast<int32_t>(known.size());
      known.push_back(output.name);
    }
    return Fail(token,
                absl::StrCat("there is no output ", Excerpt(name), " before this line", DidYouMean(name, known)));
  }

  absl::StatusOr<Node> ParseNode(bool in_kernel) {
    const Token first = reader_.token();
    if (++node_count_ > kMaxNodes) return Fail(first, absl::StrCat("more than ", kMaxNodes, " nodes"));
    std::vector<Token> outputs;
    do {
      if (outputs.size() == kMaxList) return Fail(first, absl::StrCat("node has more than ", kMaxList, " outputs"));
      BRINE_ASSIGN_OR_RETURN(const Token output, reader_.ExpectValue());
      outputs.push_back(output);
    } while (reader_.Accept(','));
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));

    Node node;
    BRINE_ASSIGN_OR_RETURN(const Token op, reader_.ExpectWord("an op"));
    const bool is_kernel = op.text == "kernel";
    if (is_kernel && in_kernel) return Fail(op, "a kernel cannot hold another kernel");
    if (!is_kernel) {
      node.op = FindOp(op.text);
      if (node.op == nullptr) return Fail(op, absl::StrCat("unknown op ", Excerpt(op.text), DidYouMeanOp(op.text)));
    }
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('('));
    while (!reader_.Accept(')')) {
      if (!node.inputs.empty()) BRINE_RETURN_IF_ERROR(reader_.ExpectMark(','));
      if (node.inputs.size() == kMaxList) return Fail(op, absl::StrCat("node has more than ", kMaxList, " inputs"));
      BRINE_ASSIGN_OR_RETURN(const ValueId input, ParseUse());
      node.inputs.push_back(input);
    }
    if (is_kernel) {
      const size_t before = graph_.values.size();
      BRINE_RETURN_IF_ERROR(ParseBody(node));
      BRINE_RETURN_IF_ERROR(ExpectColon(op));
      BRINE_RETURN_IF_ERROR(ParseKernelOutputs(outputs, before, node));
    } else {
      BRINE_ASSIGN_OR_RETURN(node.attributes, ParseAttributes(node.op));
      if (absl::Status complete = CompleteAttributes(*node.op, node.attributes); !complete.ok())
        return Fail(op, complete.message());
      BRINE_RETURN_IF_ERROR(ExpectColon(op));
      for (size_t index = 0; index < outputs.size(); ++index) {
        if (index > 0) BRINE_RETURN_IF_ERROR(reader_.ExpectMark(','));
        BRINE_ASSIGN_OR_RETURN(const ValueId value, DefineTyped(outputs[index]));
        node.outputs.push_back(value);
      }
    }
    BRINE_ASSIGN_OR_RETURN(node.locations, reader_.TakeLocations());
    return node;
  }

  // Reads `<region sparse=[0] scratch=64> { … }`.
  absl::Status ParseBody(Node& node) {
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('<'));
    BRINE_ASSIGN_OR_RETURN(const Token region, reader_.ExpectWord("a region's name"));
    node.region = std::string(region.text);
    if (reader_.AcceptWord("sparse")) {
      BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
      BRINE_ASSIGN_OR_RETURN(AttributeValue sparse, reader_.TakeAttribute("sparse", AttributeKind::kInts));
      node.sparse = std::get<std::vector<int64_t>>(std::move(sparse));
    }
    if (reader_.AcceptWord("scratch")) {
      BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
      BRINE_ASSIGN_OR_RETURN(node.scratch_bytes, reader_.TakeInteger("scratch", 0, kMaxElements));
    }
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('>'));
    BRINE_RETURN_IF_ERROR(reader_.ExpectMark('{'));
    while (!reader_.Accept('}')) {
      BRINE_ASSIGN_OR_RETURN(Node inner, ParseNode(/*in_kernel=*/true));
      node.body.push_back(std::move(inner));
    }
    return absl::OkStatus();
  }

  // The outputs of a kernel are values of its body, whose ids are `before` or greater.  The line repeats their types,
  // and it alone has their placements.
  absl::Status ParseKernelOutputs(const std::vector<Token>& outputs, size_t before, Node& node) {
    for (size_t index = 0; index < outputs.size(); ++index) {
      if (index > 0) BRINE_RETURN_IF_ERROR(reader_.ExpectMark(','));
      const auto it = ids_.find(outputs[index].text);
      if (it == ids_.end() || Index(it->second) < before) {
        return Fail(outputs[index],
                    absl::StrCat("%", Excerpt(outputs[index].text), " is not defined in the kernel's body"));
      }
      const Token type_token = reader_.token();
      BRINE_ASSIGN_OR_RETURN(const Type type, reader_.TakeType());
      Value& value = graph_.value(it->second);
      if (type != value.type)
        return Fail(type_token, absl::StrCat("%", value.name, " is ", ToString(type), " here, but ",
                                             ToString(value.type), " in the body"));
      const Token place = reader_.token();
      BRINE_ASSIGN_OR_RETURN(const std::optional<Placement> placement, reader_.TakePlacement());
      if (placement && value.placement) return Fail(place, absl::StrCat("%", value.name, " has a place already"));
      if (placement) value.placement = placement;
      node.outputs.push_back(it->second);
    }
    return absl::OkStatus();
  }

  // Reads `{name=value, …}`, or nothing.  If `op` is null, there is no schema, and the kind of an attribute is the one
  // that the text of its value suggests.
  absl::StatusOr<Attributes> ParseAttributes(const Op* op) {
    Attributes attributes;
    if (!reader_.Accept('{')) return attributes;
    bool first = true;
    while (!reader_.Accept('}')) {
      if (!std::exchange(first, false)) BRINE_RETURN_IF_ERROR(reader_.ExpectMark(','));
      BRINE_ASSIGN_OR_RETURN(const Token name, reader_.ExpectWord("an attribute's name"));
      if (attributes.Has(name.text))
        return Fail(name, absl::StrCat("attribute ", Excerpt(name.text), " is given twice"));
      const AttributeSpec* spec = op == nullptr ? nullptr : op->FindAttribute(name.text);
      if (op != nullptr && spec == nullptr) {
        std::vector<absl::string_view> known;
        for (const AttributeSpec& other : op->attributes) known.push_back(other.name);
        return Fail(name,
                    absl::StrCat(op->name, " has no attribute ", Excerpt(name.text), DidYouMean(name.text, known)));
      }
      BRINE_RETURN_IF_ERROR(reader_.ExpectMark('='));
      BRINE_ASSIGN_OR_RETURN(AttributeValue value, spec == nullptr ? reader_.TakeLiteral(name.text)
                                                                   : reader_.TakeAttribute(name.text, spec->kind));
      attributes.Set(std::string(name.text), std::move(value));
    }
    return attributes;
  }

  // Reads the colon before a type.  Since names may contain colons, `%x: f32[]` reads as a value named `x:`, for which
  // the message has a hint.
  absl::Status ExpectColon(const Token& before) {
    if (!reader_.token().IsMark(':') && before.kind == TokenKind::kValue && before.text.back() == ':') {
      return Fail(before, absl::StrCat("expected : after %", Excerpt(before.text),
                                       "; names may hold colons, put a blank before it"));
    }
    return reader_.ExpectMark(':');
  }

  // Reads `type @place` and adds a value of the given name.
  absl::StatusOr<ValueId> DefineTyped(const Token& name) {
    BRINE_ASSIGN_OR_RETURN(Type type, reader_.TakeType());
    BRINE_ASSIGN_OR_RETURN(const std::optional<Placement> placement, reader_.TakePlacement());
    if (graph_.values.size() == kMaxValues) return Fail(name, absl::StrCat("more than ", kMaxValues, " values"));
    const ValueId id = IdAt<ValueId>(graph_.values.size());
    if (!ids_.emplace(name.text, id).second)
      return Fail(name, absl::StrCat("%", Excerpt(name.text), " is defined twice"));
    graph_.values.push_back({std::string(name.text), std::move(type), placement});
    return id;
  }

  // Reads the name of a value that was defined before.
  absl::StatusOr<ValueId> ParseUse() {
    BRINE_ASSIGN_OR_RETURN(const Token name, reader_.ExpectValue());
    const auto it = ids_.find(name.text);
    if (it != ids_.end()) return it->second;
    std::vector<absl::string_view> known;
    for (const Value& value : graph_.values) known.push_back(value.name);
    const absl::string_view closest = ClosestName(name.text, known);
    return Fail(name, absl::StrCat("%", Excerpt(name.text), " is not defined before this line",
                                   closest.empty() ? "" : absl::StrCat("; did you mean %", closest, "?")));
  }

  TextReader reader_;
  Graph graph_;
  absl::flat_hash_map<absl::string_view, ValueId> ids_;  // by name; the keys are views of the text
  size_t node_count_ = 0;                                // in all graphs of the text
};

}  // namespace

absl::StatusOr<std::vector<Graph>> Parse(absl::string_view text, absl::string_view file) {
  if (text.size() > kMaxTextBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": text of ", text.size(), " bytes is longer than ", kMaxTextBytes));
  }
  return Parser(text, file).Parse();
}

}  // namespace brine::ir
