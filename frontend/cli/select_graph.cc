#include "frontend/cli/select_graph.h"

#include "absl/strings/str_cat.h"
#include "frontend/cli/session.h"
#include "ir/status.h"
#include "passes/derive.h"
#include "passes/pipeline.h"

namespace brine::cli {
namespace {

bool Matches(const ir::Graph& graph, const GraphChoice& choice) {
  return graph.function == choice.function && (choice.batch_size == 0 || graph.batch_size == choice.batch_size);
}

}  // namespace

absl::StatusOr<ir::Graph> SourceOf(const std::vector<ir::Graph>& graphs, const GraphChoice& choice) {
  const ir::Graph* source = nullptr;
  for (const ir::Graph& graph : graphs) {
    const bool earlier = Matches(graph, choice) && graph.stage < choice.stage && source == nullptr;
    if (graph.stage == ir::Stage::kGraph || earlier) source = &graph;
  }
  if (source == nullptr) {
    const std::string batch = choice.batch_size == 0 ? "" : absl::StrCat(" and batch size ", choice.batch_size);
    return absl::InvalidArgumentError(absl::StrCat("holds neither a model nor a graph of function ",
                                                   ir::FunctionName(choice.function), batch, ", of which stage ",
                                                   ir::StageName(choice.stage), " could be made"));
  }
  if (source->stage != ir::Stage::kGraph || choice.stage == ir::Stage::kGraph) return *source;
  return passes::Derive(*source, choice.function, choice.batch_size == 0 ? kDefaultBatchSize : choice.batch_size);
}

absl::StatusOr<ir::Graph> SelectOrMake(const std::vector<ir::Graph>& graphs, const GraphChoice& choice,
                                       std::vector<std::string>* remarks) {
  for (const ir::Graph& graph : graphs) {
    const bool matches = choice.stage == ir::Stage::kGraph || Matches(graph, choice);
    if (graph.stage == choice.stage && matches && remarks == nullptr) return graph;
  }
  BRINE_ASSIGN_OR_RETURN(ir::Graph graph, SourceOf(graphs, choice));
  if (graph.stage == ir::Stage::kGraph) return graph;
  passes::PipelineOptions options;
  options.until = choice.stage;
  options.remarks = remarks;
  BRINE_RETURN_IF_ERROR(passes::RunPipeline(graph, options).status());
  return graph;
}

}  // namespace brine::cli
