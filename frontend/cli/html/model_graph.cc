#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "frontend/cli/html/layered_layout.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/model_sections.h"
#include "frontend/cli/html/node_groups.h"
#include "frontend/number_text.h"
#include "ir/op.h"
#include "ir/text/line.h"

namespace brine::cli {
namespace {

// Sizes of the drawing, in pixels at its natural size.  The page has those that model.js needs as attributes.
constexpr double kHeight = 40, kRow = 17, kRankGap = 26, kNodeGap = 14, kMargin = 12;
constexpr double kLetter = 6.7, kPadding = 20, kMostWidth = 250;
constexpr size_t kMostLetters = 34;

const char* PhaseClass(Phase phase) {
  return phase == Phase::kForward ? "forward" : phase == Phase::kBackward ? "backward" : "update";
}

std::string Shortened(absl::string_view text) {
  return text.size() <= kMostLetters ? std::string(text) : absl::StrCat(text.substr(0, kMostLetters - 1), "…");
}

// The title of a group, which tells those of one layer apart.
std::string TitleOf(const NodeGroup& group) {
  return absl::StrCat(group.name, group.phase == Phase::kBackward ? " gradient"
                                  : group.phase == Phase::kUpdate ? " update"
                                                                  : "");
}

std::string OpName(const ir::Node& node) { return node.is_kernel() ? node.region : node.op->name; }

class GraphWriter {
 public:
  explicit GraphWriter(const ModelViews& views) : views_(views), graph_(views.shown), grouped_(GroupNodes(graph_)) {
    if (!views.planned) return;
    for (size_t index = 0; index < views.planned->nodes.size(); ++index) {
      const ir::Node& kernel = views.planned->nodes[index];
      if (!kernel.is_kernel()) continue;
      for (const std::string& layer : LayerNames(kernel.locations)) kernels_of_layer_[layer].push_back(index);
      for (const ir::ValueId value : kernel.outputs) kernel_of_value_[views.planned->value(value).name] = index;
    }
  }

  std::string Write() {
    std::string details;
    for (size_t index = 0; index < grouped_.groups.size(); ++index) absl::StrAppend(&details, Details(index));
    return absl::StrCat(
        "<p>Each box is a layer; choose one for its nodes, types, operations and bytes.", Key(), "</p>\n",
        "<div class=\"tools\" hidden><label>Search <input type=\"search\" id=\"search\" placeholder=\"layer, op, "
        "model.cc:8\"></label><output id=\"found\" aria-live=\"polite\"></output><button type=\"button\" "
        "id=\"unfold\">Unfold all</button><button type=\"button\" id=\"fold\">Fold all</button></div>\n",
        "<div class=\"explorer\"><div class=\"drawing\" tabindex=\"0\" role=\"region\" aria-label=\"Drawing of the "
        "graph\">",
        Drawing(), "</div>\n<div class=\"panel\" tabindex=\"0\" role=\"region\" aria-label=\"The chosen layer\">",
        "<p class=\"hint\">Nothing is chosen.</p>\n", details, "</div></div>\n");
  }

 private:
  std::string Key() const {
    const auto has = [&](Phase phase) {
      return std::any_of(grouped_.groups.begin(), grouped_.groups.end(),
                         [&](const NodeGroup& group) { return group.phase == phase; });
    };
    std::string out;
    if (has(Phase::kBackward))
      absl::StrAppend(&out, " Boxes with a dashed border belong to the backward pass, which runs upwards.");
    if (has(Phase::kUpdate)) absl::StrAppend(&out, " Boxes with a thick border update weights.");
    return out;
  }

  std::string Subtitle(const NodeGroup& group) const {
    const std::string shape = group.value == ir::kNoValue ? "" : ir::ToString(graph_.type(group.value).shape);
    return Shortened(absl::StrCat(group.kind, " ", shape));
  }

  double WidthOf(const NodeGroup& group) const {
    const size_t letters = std::max({Shortened(TitleOf(group)).size(), Subtitle(group).size(), size_t{8}});
    return std::min(kMostWidth, kPadding + kLetter * static_cast<double>(letters));
  }

  std::string Drawing() const {
    std::vector<double> widths;
    for (const NodeGroup& group : grouped_.groups) widths.push_back(WidthOf(group));
    std::vector<LayoutEdge> edges;
    for (const LayoutEdge& edge : grouped_.edges) edges.push_back(RunsUp(edge) ? LayoutEdge{edge.to, edge.from} : edge);
    const LayeredLayout layout = LayOut(widths, edges, kNodeGap);
    const auto top = [](int rank) { return kMargin + rank * (kHeight + kRankGap); };
    const double width = layout.width + 2 * kMargin, height = top(layout.ranks) - kRankGap + kMargin;
    std::string out = absl::StrFormat(
        "<svg id=\"layers\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" data-ranks=\"%d\" "
        "data-height=\"%g\" data-row=\"%g\" data-gap=\"%g\" data-margin=\"%g\" role=\"group\" "
        "aria-label=\"%d groups of nodes, from inputs at the top to outputs\">\n"
        "<defs><marker id=\"arrow\" viewBox=\"0 0 6 6\" refX=\"6\" refY=\"3\" markerUnits=\"userSpaceOnUse\" "
        "markerWidth=\"7\" markerHeight=\"7\" "
        "orient=\"auto-start-reverse\"><path d=\"M0 0L6 3L0 6z\"/></marker></defs>\n",
        width, height, width, height, layout.ranks, kHeight, kRow, kRankGap, kMargin, grouped_.groups.size());
    for (size_t index = 0; index < layout.edges.size(); ++index)
      absl::StrAppend(&out, Edge(index, layout.edges[index], top));
    for (size_t index = 0; index < grouped_.groups.size(); ++index) {
      const NodePlace& place = layout.nodes[index];
      absl::StrAppend(&out, Box(index, place, widths[index], top(place.rank)));
    }
    return out + "</svg>";
  }

  // The backward pass is drawn from the bottom to the top, so that gradients lie beside the layers to which they
  // belong.
  bool RunsUp(const LayoutEdge& edge) const {
    const auto backward = [&](int group) {
      return grouped_.groups[static_cast<size_t>(group)].phase == Phase::kBackward;
    };
    return backward(edge.from) && backward(edge.to);
  }

  // A curve from the bottom of one box to the top of another, which is straight where it passes ranks.  model.js draws
  // it again when boxes are unfolded, from the ranks and positions in data-p.
  template <typename Top>
  std::string Edge(size_t index, absl::Span<const NodePlace> places, const Top& top) const {
    std::string path, points;
    double x = places[0].x + kMargin, y = top(places[0].rank) + kHeight;
    absl::StrAppendFormat(&path, "M%.1f %.1f", x, y);
    for (size_t step = 0; step < places.size(); ++step) {
      const double next = places[step].x + kMargin;
      absl::StrAppendFormat(&points, "%s%.1f,%d", step == 0 ? "" : " ", next, places[step].rank);
      if (step == 0) continue;
      const double to = top(places[step].rank), middle = (y + to) / 2;
      absl::StrAppendFormat(&path, "C%.1f %.1f %.1f %.1f %.1f %.1f", x, middle, next, middle, next, to);
      if (step + 1 < places.size()) absl::StrAppendFormat(&path, "V%.1f", to + kHeight);
      x = next;
      y = to + kHeight;
    }
    const LayoutEdge& edge = grouped_.edges[index];
    const bool up = RunsUp(edge);
    return absl::StrFormat(
        "<path class=\"edge\" data-above=\"%d\" data-below=\"%d\" data-p=\"%s\" marker-%s=\"url(#arrow)\" "
        "d=\"%s\"/>\n",
        up ? edge.to : edge.from, up ? edge.from : edge.to, points, up ? "start" : "end", path);
  }

  std::string Box(size_t index, const NodePlace& place, double width, double y) const {
    const NodeGroup& group = grouped_.groups[index];
    std::string rows;
    double row_y = kHeight + 10;
    for (const ir::NodeId id : group.nodes) {
      absl::StrAppendFormat(&rows, "<text y=\"%g\">%s</text>", row_y, Escaped(Shortened(OpName(graph_.node(id)))));
      row_y += kRow;
    }
    const std::string name = Escaped(absl::StrCat(TitleOf(group), ", ", group.kind));
    return absl::StrFormat(
        "<a class=\"box %s%s\" href=\"#g%d\" aria-label=\"%s\" data-rank=\"%d\" data-rows=\"%d\" data-text=\"%s\" "
        "transform=\"translate(%.1f %.1f)\"><rect x=\"%.1f\" width=\"%.1f\" height=\"%g\" rx=\"4\"/>"
        "<text class=\"title\" y=\"17\">%s</text><text class=\"kind\" y=\"32\">%s</text>"
        "<g class=\"rows\" aria-hidden=\"true\">%s</g></a>\n",
        PhaseClass(group.phase), group.nodes.empty() ? " end" : "", index, name, place.rank, group.nodes.size(),
        Escaped(SearchText(group)), place.x + kMargin, y, -width / 2, width, kHeight,
        Escaped(Shortened(TitleOf(group))), Escaped(Subtitle(group)), rows);
  }

  // What the search looks at beside the title: ops and lines of the program.
  std::string SearchText(const NodeGroup& group) const {
    std::set<std::string> words;
    for (const ir::NodeId id : group.nodes) {
      const ir::Node& node = graph_.node(id);
      words.insert(OpName(node));
      for (const ir::Node& inner : node.body) words.insert(inner.op->name);
      for (const std::string& line : SourceLines(node.locations)) words.insert(line);
      for (const std::string& layer : LayerNames(node.locations)) words.insert(layer);
    }
    return absl::StrCat(TitleOf(group), " ", group.kind, " ", absl::StrJoin(words, " "));
  }

  // What the panel shows of a group.
  std::string Details(size_t index) const {
    const NodeGroup& group = grouped_.groups[index];
    std::string out =
        absl::StrCat("<article class=\"detail\" id=\"g", index, "\"><h3>", Escaped(TitleOf(group)), "</h3>\n<dl>");
    const auto fact = [&](absl::string_view name, absl::string_view value) {
      if (!value.empty()) absl::StrAppend(&out, "<dt>", name, "</dt><dd>", value, "</dd>");
    };
    std::vector<ir::Location> locations;
    NodeCost cost;
    for (const ir::NodeId id : group.nodes) {
      const ir::Node& node = graph_.node(id);
      locations.insert(locations.end(), node.locations.begin(), node.locations.end());
      const NodeCost one = CostOf(graph_, node);
      if (__builtin_add_overflow(cost.flops, one.flops, &cost.flops)) cost.flops = INT64_MAX;
      cost.bytes += one.bytes;
    }
    fact("Kind", Escaped(group.kind));
    fact("Source", SourceText(locations));
    if (group.value != ir::kNoValue)
      fact("Result", absl::StrCat("<code>", Escaped(ir::ToString(graph_.type(group.value))), "</code>"));
    fact("Weights", Weights(group));
    if (!group.nodes.empty()) {
      fact("Operations",
           absl::StrCat(internal::WithCommas(cost.flops),
                        graph_.batch_size > 0 ? absl::StrCat(" for ", graph_.batch_size, " rows") : " for a row"));
      fact("Bytes read and written", internal::BytesText(cost.bytes));
    }
    fact("Kernels", Kernels(group, locations));
    absl::StrAppend(&out, "</dl>\n");
    for (const ir::NodeId id : group.nodes) {
      if (!ListedKernel(graph_.node(id))) absl::StrAppend(&out, NodeDetails(graph_.node(id)));
    }
    return out + "</article>\n";
  }

  // The states that nodes of the group read.
  std::string Weights(const NodeGroup& group) const {
    std::vector<std::string> weights;
    std::set<ir::ValueId> seen;
    for (const ir::NodeId id : group.nodes) {
      for (const ir::ValueId value : graph_.node(id).inputs) {
        const ir::State* const state = graph_.FindState(value);
        if (state == nullptr || !seen.insert(value).second) continue;
        weights.push_back(absl::StrCat("<code>", Escaped(graph_.value(value).name), "</code> ",
                                       Escaped(ir::ToString(graph_.type(value))), ", ", ir::RoleName(state->role)));
      }
    }
    return absl::StrJoin(weights, "<br>");
  }

  // The row of the table of kernels that has this kernel of a fused or planned graph.
  std::optional<size_t> ListedKernel(const ir::Node& node) const {
    if (!node.is_kernel()) return {};
    const auto found = kernel_of_value_.find(graph_.value(node.outputs[0]).name);
    return found == kernel_of_value_.end() ? std::nullopt : std::optional(found->second);
  }

  // Links to the kernels of the group, or, of a graph without kernels, to those that serve its layers.
  std::string Kernels(const NodeGroup& group, absl::Span<const ir::Location> locations) const {
    std::set<size_t> kernels;
    for (const ir::NodeId id : group.nodes) {
      if (const std::optional<size_t> kernel = ListedKernel(graph_.node(id))) kernels.insert(*kernel);
    }
    for (const std::string& layer : LayerNames(locations)) {
      const auto found = kernels_of_layer_.find(layer);
      if (graph_.stage < ir::Stage::kFused && found != kernels_of_layer_.end())
        kernels.insert(found->second.begin(), found->second.end());
    }
    return absl::StrJoin(kernels, ", ", [&](std::string* out, size_t index) {
      const ir::Node& kernel = views_.planned->nodes[index];
      absl::StrAppend(out, "<a href=\"#k", index, "\">", Escaped(views_.planned->value(kernel.outputs[0]).name),
                      "</a>");
    });
  }

  std::string NodeDetails(const ir::Node& node) const {
    const NodeCost cost = CostOf(graph_, node);
    std::string types;
    for (const ir::ValueId value : node.outputs)
      absl::StrAppend(&types, types.empty() ? "" : ", ", ir::ToString(graph_.type(value)));
    return absl::StrCat("<details><summary><code>", Escaped(OpName(node)), "</code> ", Escaped(types),
                        "</summary><pre tabindex=\"0\">", NodeText(graph_, node), "</pre><p class=\"note\">",
                        internal::WithCommas(cost.flops), " operations, ", internal::BytesText(cost.bytes),
                        "</p></details>\n");
  }

  const ModelViews& views_;
  const ir::Graph& graph_;
  const GroupedNodes grouped_;
  // Nodes of the planned graph.
  std::map<std::string, std::vector<size_t>> kernels_of_layer_;
  std::map<std::string, size_t> kernel_of_value_;
};

}  // namespace

std::string GraphSection(const ModelViews& views) { return GraphWriter(views).Write(); }

}  // namespace brine::cli
