#include "absl/strings/str_cat.h"
#include "ir/text/line.h"
#include "ir/text/text.h"

namespace brine::ir {
namespace {

void AppendNode(const Graph& graph, const Node& node, const std::string& indent, const Node* kernel, std::string& out) {
  const TextLine line = NodeLine(graph, node, kernel);
  if (!node.is_kernel() || kernel != nullptr) {
    absl::StrAppend(&out, indent, line.text);
    return;
  }
  const TextLine::Span body = line.Find(Part::kBody, 0);  // the `...` that the body replaces; it is between two blanks
  absl::StrAppend(&out, indent, absl::string_view(line.text).substr(0, body.begin - 1), "\n");
  for (const Node& inner : node.body) {
    AppendNode(graph, inner, indent + "  ", &node, out);
    out += "\n";
  }
  absl::StrAppend(&out, indent, absl::string_view(line.text).substr(body.begin + body.size + 1));
}

}  // namespace

std::string PrintNode(const Graph& graph, const Node& node) {
  std::string out;
  AppendNode(graph, node, "", nullptr, out);
  return out;
}

std::string Print(const Graph& graph) {
  std::string out = HeaderLine(graph).text + "\n";
  const auto append = [&out](const TextLine& line) { absl::StrAppend(&out, "  ", line.text, "\n"); };
  for (const Layer& layer : graph.layers) append(LayerLine(layer));
  if (IsCompiled(graph.training)) append(CompileLine(graph.training));
  for (const Objective& objective : graph.training.objectives) append(LossLine(objective));
  for (const Input& input : graph.inputs) append(InputLine(graph, input));
  for (const State& state : graph.states) append(StateLine(graph, state));
  for (const Node& node : graph.nodes) {
    AppendNode(graph, node, "  ", nullptr, out);
    out += "\n";
  }
  for (const Update& update : graph.updates) append(UpdateLine(graph, update));
  for (ValueId penalty : graph.penalties) append(PenaltyLine(graph, penalty));
  for (const Output& output : graph.outputs) append(OutputLine(graph, output));
  for (const Result& result : graph.results) append(ResultLine(graph, result));
  out += "}\n";
  return out;
}

std::string Print(const std::vector<Graph>& graphs) {
  std::string out;
  for (const Graph& graph : graphs) {
    if (!out.empty()) out += "\n";
    out += Print(graph);
  }
  return out;
}

}  // namespace brine::ir
