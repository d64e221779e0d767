#include "ir/text/dot.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "ir/text/line.h"

namespace brine::ir {
namespace {

class DotWriter {
 public:
  explicit DotWriter(const Graph& graph) : graph_(graph), producers_(graph.values.size()) {}

  std::string Write() {
    Append(absl::StrCat("digraph ", Quoted(graph_.name), " {"));
    Append("  node [fontname=\"Helvetica\"];");
    for (const Input& input : graph_.inputs) WriteSource(input.value, SourceName(input.source), "box");
    for (const State& state : graph_.states)
      WriteSource(state.value, RoleName(state.role), "box, style=filled, fillcolor=lightgrey");
    int kernels = 0;
    for (const Node& node : graph_.nodes) {
      if (!node.is_kernel()) {
        WriteNode(node, "  ");
        continue;
      }
      Append(absl::StrCat("  subgraph cluster_", kernels++, " {"));
      Append(absl::StrCat("    label=", Quoted(node.region), ";"));
      for (const Node& inner : node.body) WriteNode(inner, "    ");
      Append("  }");
    }
    for (const Update& update : graph_.updates)
      AddEdge(update.value, producers_[Index(update.state)], ", style=dashed, constraint=false");
    for (ValueId penalty : graph_.penalties) WriteResult("penalty", penalty);
    for (const Output& output : graph_.outputs) WriteResult(output.name, output.value);
    return text_ + edges_ + "}\n";
  }

 private:
  void Append(absl::string_view line) { absl::StrAppend(&text_, line, "\n"); }
  // Nodes of the drawing get ids of their own, since names of values may have characters that Graphviz does not allow.
  std::string NewId() { return absl::StrCat("n", count_++); }

  void WriteSource(ValueId value, absl::string_view kind, absl::string_view shape) {
    const std::string id = NewId();
    producers_[Index(value)] = id;
    Append(absl::StrCat("  ", id, " [shape=", shape,
                        ", label=", Quoted(absl::StrCat(graph_.value(value).name, "\n", kind)), "];"));
  }

  void WriteResult(absl::string_view name, ValueId value) {
    const std::string id = NewId();
    Append(absl::StrCat("  ", id, " [shape=box, style=rounded, label=", Quoted(name), "];"));
    AddEdge(value, id, "");
  }

  void WriteNode(const Node& node, absl::string_view indent) {
    const std::string id = NewId();
    Append(absl::StrCat(indent, id, " [label=", Quoted(node.op->name), "];"));
    for (ValueId input : node.inputs) AddEdge(input, id, "");
    for (ValueId output : node.outputs) producers_[Index(output)] = id;
  }

  // The edges are written after all clusters, since Graphviz puts both ends of an edge into the cluster that contains
  // it.
  void AddEdge(ValueId value, const std::string& to, absl::string_view style) {
    const std::string label = Quoted(absl::StrCat(graph_.value(value).name, "\n", ToString(graph_.type(value))));
    absl::StrAppend(&edges_, "  ", producers_[Index(value)], " -> ", to, " [label=", label, style, "];\n");
  }

  const Graph& graph_;
  std::vector<std::string> producers_;  // by value: the id of the node of the drawing that defines it
  std::string text_, edges_;
  int count_ = 0;
};

}  // namespace

std::string Dot(const Graph& graph) { return DotWriter(graph).Write(); }

}  // namespace brine::ir
