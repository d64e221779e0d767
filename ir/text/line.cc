#include "ir/text/line.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ir/expression.h"
#include "ir/op.h"

namespace brine::ir {
namespace {

std::string RealText(double value) { return ToString(AttributeKind::kFloat, value); }

// An attribute in the form of the kind that its schema says.  An attribute that breaks the schema has the form that
// suits the alternative of its value.
std::string AttributeText(const AttributeSpec* spec, const AttributeValue& value) {
  if (spec != nullptr && KindMatches(spec->kind, value)) return ToString(spec->kind, value);
  constexpr AttributeKind kNatural[] = {AttributeKind::kBool,   AttributeKind::kInt,  AttributeKind::kFloat,
                                        AttributeKind::kString, AttributeKind::kInts, AttributeKind::kFloats};
  return ToString(kNatural[value.index()], value);
}

// Adds ` {a=1, b="x"}`.  Attributes that have their default are left out; if all have, nothing is added.
void AddAttributes(const Op* op, const Attributes& attributes, TextLine& line) {
  int index = -1;
  absl::string_view before = " {";
  for (const auto& [name, value] : attributes) {
    ++index;
    const AttributeSpec* spec = op == nullptr ? nullptr : op->FindAttribute(name);
    if (spec != nullptr && spec->has_default && value == spec->default_value) continue;
    line.Add(before);
    line.Add(Part::kAttribute, index, absl::StrCat(name, "=", AttributeText(spec, value)));
    before = ", ";
  }
  if (before == ", ") line.Add("}");
}

// Adds ` name=[a, b]`, or nothing if the list is empty.
template <typename Row, typename RowText>
void AddList(absl::string_view name, Part part, const std::vector<Row>& rows, TextLine& line, const RowText& text) {
  if (rows.empty()) return;
  line.Add(absl::StrCat(" ", name, "=["));
  for (size_t index = 0; index < rows.size(); ++index) {
    if (index > 0) line.Add(", ");
    line.Add(part, static_cast<int>(index), text(rows[index]));
  }
  line.Add("]");
}

// `"precision" {thresholds=0.3} as "name"`; the name is left out if it is that of the metric.
std::string MetricText(const MetricUse& use) {
  TextLine line;
  line.Add(Quoted(use.metric));
  AddAttributes(nullptr, use.arguments, line);
  if (use.name != use.metric) line.Add(absl::StrCat(" as ", Quoted(use.name)));
  return line.text;
}

bool Exists(const Graph& graph, ValueId value) { return Index(value) < graph.values.size(); }

void AddValue(const Graph& graph, Part part, int index, ValueId value, TextLine& line) {
  line.Add(part, index, ValueText(graph, value));
}

// Adds `f32[n,3]`, and ` @arena+64` if the value has a placement that the line of `kernel` does not have.
void AddType(const Graph& graph, int index, ValueId value, TextLine& line, const Node* kernel = nullptr) {
  line.Add(Part::kType, index, Exists(graph, value) ? ToString(graph.type(value)) : "?");
  if (!Exists(graph, value) || !graph.value(value).placement) return;
  if (kernel != nullptr && std::count(kernel->outputs.begin(), kernel->outputs.end(), value) != 0) return;
  line.Add(" @");
  line.Add(Part::kPlacement, index, ToString(*graph.value(value).placement));
}

void AddLocations(const std::vector<Location>& locations, TextLine& line) {
  if (locations.empty()) return;
  line.Add(" loc(");
  for (size_t index = 0; index < locations.size(); ++index) {
    const Location& location = locations[index];
    if (index > 0) line.Add(", ");
    std::string text = absl::StrCat(Quoted(location.file), ":", location.line);
    if (!location.layer.empty()) absl::StrAppend(&text, " ", Quoted(location.layer));
    line.Add(Part::kLocation, static_cast<int>(index), text);
  }
  line.Add(")");
}

void AddLocation(const Location& location, TextLine& line) {
  if (location != Location()) AddLocations({location}, line);
}

}  // namespace

void TextLine::Add(Part part, int index, absl::string_view piece) {
  spans.push_back({part, index, text.size(), piece.size()});
  Add(piece);
}

TextLine::Span TextLine::Find(Part part, int index) const {
  const auto it = std::find_if(spans.begin(), spans.end(),
                               [&](const Span& span) { return span.part == part && span.index == index; });
  return it != spans.end() ? *it : Span{Part::kLine, 0, 0, text.size()};
}

std::string ToString(const Placement& placement) {
  return absl::StrCat(BlockName(placement.block), "+", placement.offset);
}

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", absl::CEscape(text), "\""); }

std::string ValueText(const Graph& graph, ValueId value) {
  return Exists(graph, value) ? absl::StrCat("%", graph.value(value).name)
                              : absl::StrCat("%?", static_cast<int>(value));
}

TextLine HeaderLine(const Graph& graph) {
  TextLine line;
  line.Add("graph ");
  line.Add(Part::kName, 0, Quoted(graph.name));
  line.Add(" ");
  line.Add(Part::kKeyword, 0, absl::StrCat("stage=", StageName(graph.stage)));
  line.Add(" ");
  line.Add(Part::kKeyword, 1, absl::StrCat("function=", FunctionName(graph.function)));
  if (graph.batch_size != 0) {
    line.Add(" ");
    line.Add(Part::kNumber, 0, absl::StrCat("batch=", graph.batch_size));
  }
  line.Add(" {");
  return line;
}

TextLine LayerLine(const Layer& layer) {
  TextLine line;
  line.Add("layer ");
  line.Add(Part::kName, 0, Quoted(layer.name));
  line.Add(" ");
  line.Add(Part::kKeyword, 0, layer.kind);
  line.Add(" : ");
  line.Add(Part::kType, 0, ToString(layer.output));
  AddLocation(layer.location, line);
  return line;
}

TextLine CompileLine(const Training& training) {
  TextLine line;
  line.Add("compile ");
  line.Add(Part::kName, 0, absl::StrCat("optimizer=", Quoted(training.optimizer)));
  AddAttributes(nullptr, training.optimizer_arguments, line);
  AddList("learning_rate_multipliers", Part::kInput, training.learning_rate_multipliers, line,
          [](const RateMultiplier& row) { return absl::StrCat(Quoted(row.layer), " ", RealText(row.factor)); });
  AddList("exclude_from_weight_decay", Part::kOutput, training.exclude_from_weight_decay, line,
          [](const std::string& part) { return Quoted(part); });
  AddLocation(training.location, line);
  return line;
}

TextLine LossLine(const Objective& objective) {
  TextLine line;
  line.Add("loss ");
  line.Add(Part::kInput, 0, Quoted(objective.output));
  line.Add(" = ");
  line.Add(Part::kName, 0, Quoted(objective.loss));
  AddAttributes(nullptr, objective.arguments, line);
  if (objective.weight != 1) {
    line.Add(" weight=");
    line.Add(Part::kNumber, 0, ToString(AttributeKind::kFloat, objective.weight));
  }
  line.Add(" metrics=[");
  for (size_t index = 0; index < objective.metrics.size(); ++index) {
    if (index > 0) line.Add(",");
    line.Add(Part::kOutput, static_cast<int>(index), MetricText(objective.metrics[index]));
  }
  line.Add("]");
  return line;
}

TextLine InputLine(const Graph& graph, const Input& input) {
  TextLine line;
  line.Add("input ");
  AddValue(graph, Part::kOutput, 0, input.value, line);
  line.Add(" : ");
  AddType(graph, 0, input.value, line);
  line.Add(" ");
  line.Add(Part::kKeyword, 0, SourceName(input.source));
  if (input.source == Source::kScalar || input.initial != 0) {
    line.Add(" ");
    line.Add(Part::kNumber, 0, RealText(input.initial));
  }
  if (!input.expression.empty()) {
    line.Add(" ");
    line.Add(Part::kBody, 0, ToString(graph, input.expression));
  }
  return line;
}

TextLine StateLine(const Graph& graph, const State& state) {
  TextLine line;
  line.Add("state ");
  AddValue(graph, Part::kOutput, 0, state.value, line);
  line.Add(" : ");
  AddType(graph, 0, state.value, line);
  line.Add(" ");
  line.Add(Part::kKeyword, 0, RoleName(state.role));
  line.Add(" ");
  const Initializer& initializer = state.initializer;
  const std::string mean = initializer.mean == 0 ? "" : absl::StrCat(", ", RealText(initializer.mean));
  const std::string data = initializer.is_of_data() ? absl::StrCat(", ", ValueText(graph, initializer.data)) : "";
  line.Add(Part::kNumber, 0,
           absl::StrCat(InitializerName(initializer.kind), "(", RealText(initializer.argument), mean, data, ")"));
  AddLocation(state.location, line);
  return line;
}

TextLine NodeLine(const Graph& graph, const Node& node, const Node* kernel) {
  TextLine line;
  for (size_t index = 0; index < node.outputs.size(); ++index) {
    if (index > 0) line.Add(", ");
    AddValue(graph, Part::kOutput, static_cast<int>(index), node.outputs[index], line);
  }
  if (!node.outputs.empty()) line.Add(" = ");
  line.Add(Part::kOp, 0, node.is_kernel() ? absl::string_view("kernel") : absl::string_view(node.op->name));
  line.Add("(");
  for (size_t index = 0; index < node.inputs.size(); ++index) {
    if (index > 0) line.Add(", ");
    AddValue(graph, Part::kInput, static_cast<int>(index), node.inputs[index], line);
  }
  line.Add(")");
  if (node.is_kernel()) {
    line.Add(" <");
    line.Add(Part::kRegion, 0, node.region);
    if (!node.sparse.empty()) {
      line.Add(" ");
      line.Add(Part::kSparse, 0, absl::StrCat("sparse=", ToString(AttributeKind::kInts, AttributeValue(node.sparse))));
    }
    if (node.scratch_bytes != 0) {
      line.Add(" ");
      line.Add(Part::kNumber, 0, absl::StrCat("scratch=", node.scratch_bytes));
    }
    line.Add("> { ");
    line.Add(Part::kBody, 0, "...");
    line.Add(" }");
  } else {
    AddAttributes(node.op, node.attributes, line);
  }
  line.Add(" : ");
  for (size_t index = 0; index < node.outputs.size(); ++index) {
    if (index > 0) line.Add(", ");
    AddType(graph, static_cast<int>(index), node.outputs[index], line, kernel);
  }
  AddLocations(node.locations, line);
  return line;
}

TextLine UpdateLine(const Graph& graph, const Update& update) {
  TextLine line;
  line.Add("update ");
  AddValue(graph, Part::kOutput, 0, update.state, line);
  line.Add(" = ");
  AddValue(graph, Part::kInput, 0, update.value, line);
  return line;
}

TextLine PenaltyLine(const Graph& graph, ValueId penalty) {
  TextLine line;
  line.Add("penalty ");
  AddValue(graph, Part::kInput, 0, penalty, line);
  return line;
}

TextLine OutputLine(const Graph& graph, const Output& output) {
  TextLine line;
  line.Add("output ");
  line.Add(Part::kName, 0, Quoted(output.name));
  line.Add(" = ");
  AddValue(graph, Part::kInput, 0, output.value, line);
  if (output.is_sum) line.Add(" sum");
  return line;
}

TextLine ResultLine(const Graph& graph, const Result& result) {
  TextLine line;
  line.Add("result ");
  line.Add(Part::kName, 0, Quoted(result.name));
  line.Add(" = ");
  if (result.summands != 1) {
    line.Add("sum ");
    line.Add(Part::kNumber, 0, absl::StrCat(result.summands));
    line.Add(" ");
  }
  line.Add(Part::kBody, 0, ToString(graph, result.expression));
  return line;
}

}  // namespace brine::ir
