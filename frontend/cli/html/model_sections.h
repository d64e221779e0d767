// The sections of a model's page as HTML.
#ifndef BRINE_FRONTEND_CLI_HTML_MODEL_SECTIONS_H_
#define BRINE_FRONTEND_CLI_HTML_MODEL_SECTIONS_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "frontend/cli/html/model_page.h"
#include "ir/graph.h"

namespace brine::cli {

// Operations and bytes of a node or a kernel, for all rows of the graph's batch; for one row of a model.
struct NodeCost {
  int64_t flops = 0;  // INT64_MAX instead of a greater number
  int64_t bytes = 0;  // of all operands and results, each counted once
};
NodeCost CostOf(const ir::Graph& graph, const ir::Node& node);

// The text of a node without the places of the program, which pages show beside it, as HTML.
std::string NodeText(const ir::Graph& graph, ir::Node node);

// The places of the user's program, as HTML.
std::string SourceText(absl::Span<const ir::Location> locations);

std::string GraphSection(const ModelViews& views);    // model_graph.cc
std::string KernelSection(const ir::Graph& planned);  // model_kernels.cc
std::string MemorySection(const ir::Graph& planned);  // model_memory.cc
std::string PassSection(const PassHistory& history);  // model_passes.cc

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_MODEL_SECTIONS_H_
