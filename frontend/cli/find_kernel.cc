#include "frontend/cli/find_kernel.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "codegen/driver/compile.h"
#include "ir/names.h"

namespace brine::cli {
namespace {

using Nodes = std::vector<const ir::Node*>;
using Names = std::vector<absl::string_view>;

// The kernels for which the predicate holds.
template <typename Predicate>
Nodes KernelsWhere(const ir::Graph& graph, Predicate holds) {
  Nodes nodes;
  for (const ir::Node& node : graph.nodes) {
    if (codegen::NeedsKernel(node) && holds(node)) nodes.push_back(&node);
  }
  return nodes;
}

// The names of the kernels in the table of `brine bench`.
Names NamesOf(const ir::Graph& graph, const Nodes& nodes) {
  Names names;
  for (const ir::Node* node : nodes) names.push_back(graph.value(node->outputs[0]).name);
  return names;
}

absl::Status Unknown(const ir::Graph& graph, absl::string_view name) {
  const Nodes all = KernelsWhere(graph, [](const ir::Node&) { return true; });
  Names known;
  for (const ir::Node* node : all) {
    for (ir::ValueId value : node->outputs) known.push_back(graph.value(value).name);
    for (const ir::Location& location : node->locations) known.push_back(location.layer);
  }
  std::string hint = ir::DidYouMean(name, known);
  if (hint.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(NamesOf(graph, all), ", "));
  return absl::NotFoundError(absl::StrCat("there is no kernel ", ir::Excerpt(name), hint));
}

}  // namespace

absl::StatusOr<const ir::Node*> FindKernel(const ir::Graph& graph, const std::string& name) {
  const absl::string_view wanted = absl::StripPrefix(name, "%");
  const Nodes producers = KernelsWhere(graph, [&](const ir::Node& node) {
    return std::any_of(node.outputs.begin(), node.outputs.end(),
                       [&](ir::ValueId value) { return graph.value(value).name == wanted; });
  });
  if (!producers.empty()) return producers[0];
  const Nodes serving = KernelsWhere(graph, [&](const ir::Node& node) {
    return std::any_of(node.locations.begin(), node.locations.end(),
                       [&](const ir::Location& location) { return location.layer == wanted; });
  });
  if (serving.empty()) return Unknown(graph, wanted);
  if (serving.size() == 1) return serving[0];
  return absl::NotFoundError(absl::StrCat("layer ", ir::Excerpt(wanted), " has ", serving.size(),
                                          " kernels; name one of ", absl::StrJoin(NamesOf(graph, serving), ", ")));
}

}  // namespace brine::cli
