#include "ir/verify/fault_list.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ir/names.h"

namespace brine::ir {

void FaultList::Add(const Site& site, Part part, int index, std::string sentence) {
  if (full()) return;
  // Of a long line, only the culprit and kMargin bytes on either side are shown.
  constexpr size_t kMargin = 120, kLongestCulprit = 80;
  const TextLine line = site.line();
  const TextLine::Span span = line.Find(part, index);
  const size_t size = std::min(span.size, kLongestCulprit);
  const size_t begin = span.begin > kMargin ? span.begin - kMargin : 0;
  const size_t end = std::min(line.text.size(), span.begin + size + kMargin);
  const absl::string_view before = begin > 0 ? "... " : "";
  faults_.push_back({site.where(), std::move(sentence),
                     absl::StrCat(before, line.text.substr(begin, end - begin), end < line.text.size() ? " ..." : ""),
                     line.text.substr(span.begin, size), before.size() + span.begin - begin});
}

Site SiteOf(const Layer& layer) {
  return {[&] { return PlaceOf(&layer.location, absl::StrCat("layer ", Excerpt(layer.name))); },
          [&] { return LayerLine(layer); }};
}

Site SiteOf(const Training& training) {
  return {[&] { return PlaceOf(&training.location, "compile"); }, [&] { return CompileLine(training); }};
}

Site SiteOf(const Training& training, const Objective& objective) {
  return {[&] { return PlaceOf(&training.location, "compile"); }, [&] { return LossLine(objective); }};
}

Site SiteOf(const Graph& graph, const Input& input) {
  return {[&] { return ValueText(graph, input.value); }, [&] { return InputLine(graph, input); }};
}

Site SiteOf(const Graph& graph, const State& state) {
  return {[&] { return PlaceOf(&state.location, ValueText(graph, state.value)); },
          [&] { return StateLine(graph, state); }};
}

Site SiteOf(const Graph& graph, const Node& node) {
  const auto where = [&] {
    const std::string name = node.outputs.empty() ? "node" : ValueText(graph, node.outputs[0]);
    return PlaceOf(node.locations.empty() ? nullptr : &node.locations.front(), name);
  };
  return {where, [&] { return NodeLine(graph, node); }};
}

Site SiteOf(const Graph& graph, const Update& update) {
  return {[&] { return ValueText(graph, update.state); }, [&] { return UpdateLine(graph, update); }};
}

Site SiteOf(const Graph& graph, const Output& output) {
  return {[&] { return absl::StrCat("output ", Excerpt(output.name)); }, [&] { return OutputLine(graph, output); }};
}

Site SiteOfPenalty(const Graph& graph, const ValueId& penalty) {
  return {[&] { return ValueText(graph, penalty); }, [&] { return PenaltyLine(graph, penalty); }};
}

Site SiteOf(const Graph& graph, const Result& result) {
  return {[&] { return absl::StrCat("result ", Excerpt(result.name)); }, [&] { return ResultLine(graph, result); }};
}

}  // namespace brine::ir
