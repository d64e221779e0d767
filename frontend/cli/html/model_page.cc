#include "frontend/cli/html/model_page.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "frontend/cli/embedded_files.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/model_sections.h"
#include "frontend/cli/html/node_groups.h"
#include "frontend/number_text.h"
#include "ir/op.h"
#include "ir/text/text.h"
#include "passes/kernel_query.h"

namespace brine::cli {
namespace {

std::string Head(const ModelViews& views) {
  const ir::Graph& graph = views.shown;
  int64_t parameters = 0;
  for (const ir::State& state : graph.states) {
    if (state.role == ir::Role::kParameter)
      parameters += ir::ElementCount(graph.type(state.value).shape, 1).value_or(0);
  }
  std::string what = absl::StrCat("Stage ", ir::StageName(graph.stage));
  if (graph.stage != ir::Stage::kGraph)
    absl::StrAppend(&what, " of the function ", ir::FunctionName(graph.function), ", batch ", graph.batch_size);
  return absl::StrCat("<p class=\"kicker\">Model</p>\n<h1>", Escaped(graph.name), "</h1>\n<p>", Escaped(views.file),
                      ". ", what, ": ", graph.layers.size(), " layers, ", internal::WithCommas(parameters),
                      " trained weights, ", graph.nodes.size(), " nodes.</p>\n");
}

std::string NoKernels(const ModelViews& views) {
  return absl::StrCat("<p>There are no kernels to show: ", Escaped(views.why_not_planned), ".</p>\n");
}

}  // namespace

NodeCost CostOf(const ir::Graph& graph, const ir::Node& node) {
  const int64_t rows = std::max<int64_t>(graph.batch_size, 1);
  NodeCost cost;
  if (node.is_kernel()) {
    cost.flops = passes::KernelFlops(graph, node, rows);
  } else if (node.op->flops != nullptr) {
    std::vector<ir::Type> inputs, outputs;
    for (const ir::ValueId value : node.inputs) inputs.push_back(graph.type(value));
    for (const ir::ValueId value : node.outputs) outputs.push_back(graph.type(value));
    cost.flops = node.op->flops({inputs, node.attributes}, outputs, rows);
  }
  std::vector<ir::ValueId> values = node.inputs;
  values.insert(values.end(), node.outputs.begin(), node.outputs.end());
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (const ir::ValueId value : values) cost.bytes += ir::ByteCount(graph.type(value), rows).value_or(0);
  return cost;
}

std::string NodeText(const ir::Graph& graph, ir::Node node) {
  node.locations.clear();
  for (ir::Node& inner : node.body) inner.locations.clear();
  return Escaped(ir::PrintNode(graph, node));
}

std::string SourceText(absl::Span<const ir::Location> locations) {
  const std::vector<std::string> lines = SourceLines(locations);
  return absl::StrJoin(lines, ", ", [](std::string* out, const std::string& line) {
    absl::StrAppend(out, "<code>", Escaped(line), "</code>");
  });
}

std::string ModelPage(const ModelViews& views) {
  Page page;
  page.title = absl::StrCat(views.shown.name, ", ", views.file);
  page.head = Head(views);
  page.style = Embedded("html/model.css");
  page.script = Embedded("html/model.js");
  page.sections = {
      {"graph", "Graph", GraphSection(views)},
      {"kernels", "Kernels", views.planned ? KernelSection(*views.planned) : NoKernels(views)},
      {"memory", "Memory", views.planned ? MemorySection(*views.planned) : ""},
      {"passes", "Passes", PassSection(views.history)},
  };
  return WritePage(page);
}

}  // namespace brine::cli
