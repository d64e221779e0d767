#include "ir/text/dot.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "ir/text/line.h"

namespace brine::ir {
namespace {

class Drawing {
 public:
  explicit Drawing(const Graph& graph) : graph_(graph), makers_(graph.values.size()) {}

  std::string Draw() {
    Line(absl::StrCat("digraph ", Quoted(graph_.name), " {"));
    Line("  node [fontname=\"Helvetica\"];");
    for (const Input& input : graph_.inputs) Source(input.value, SourceName(input.source), "box");
    for (const State& state : graph_.states)
      Source(state.value, RoleName(state.role), "box, style=filled, fillcolor=lightgrey");
    int kernels = 0;
    for (const Node& node : graph_.nodes) {
      if (!node.is_kernel()) {
        DrawNode(node, "  ");
        continue;
      }
      Line(absl::StrCat("  subgraph cluster_", kernels++, " {"));
      Line(absl::StrCat("    label=", Quoted(node.region), ";"));
      for (const Node& inner : node.body) DrawNode(inner, "    ");
      Line("  }");
    }
    for (const Update& update : graph_.updates)
      Edge(update.value, makers_[Index(update.state)], ", style=dashed, constraint=false");
    for (const Output& output : graph_.outputs) {
      const std::string id = NewId();
      Line(absl::StrCat("  ", id, " [shape=box, style=rounded, label=", Quoted(output.name), "];"));
      Edge(output.value, id, "");
    }
    return text_ + edges_ + "}\n";
  }

 private:
  void Line(absl::string_view line) { absl::StrAppend(&text_, line, "\n"); }
  std::string NewId() { return absl::StrCat("n", count_++); }  // names of values need not be legal here

  void Source(ValueId value, absl::string_view kind, absl::string_view shape) {
    const std::string id = NewId();
    makers_[Index(value)] = id;
    Line(absl::StrCat("  ", id, " [shape=", shape,
                      ", label=", Quoted(absl::StrCat(graph_.value(value).name, "\n", kind)), "];"));
  }

  void DrawNode(const Node& node, absl::string_view indent) {
    const std::string id = NewId();
    Line(absl::StrCat(indent, id, " [label=", Quoted(node.op->name), "];"));
    for (ValueId input : node.inputs) Edge(input, id, "");
    for (ValueId output : node.outputs) makers_[Index(output)] = id;
  }

  // Edges come after all clusters: an edge inside one would draw its other end into it.
  void Edge(ValueId value, const std::string& to, absl::string_view style) {
    const std::string label = Quoted(absl::StrCat(graph_.value(value).name, "\n", ToString(graph_.type(value))));
    absl::StrAppend(&edges_, "  ", makers_[Index(value)], " -> ", to, " [label=", label, style, "];\n");
  }

  const Graph& graph_;
  std::vector<std::string> makers_;  // by value: the drawn node that defines it
  std::string text_, edges_;
  int count_ = 0;
};

}  // namespace

std::string Dot(const Graph& graph) { return Drawing(graph).Draw(); }

}  // namespace brine::ir
