// Finds the graph that a command is about among those of a file, or makes it.
#ifndef BRINE_FRONTEND_CLI_SELECT_GRAPH_H_
#define BRINE_FRONTEND_CLI_SELECT_GRAPH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::cli {

struct GraphChoice {
  ir::Stage stage = ir::Stage::kGraph;
  ir::Function function = ir::Function::kTrain;
  int64_t batch_size = 0;  // 0: that of the file, or the default one
};

// The graph of `graphs` from which the passes make the chosen one: the model, made the initial graph of the function
// unless the stage is *graph*, or a graph of the function at an earlier stage.  Errors: there is none.
absl::StatusOr<ir::Graph> SourceOf(const std::vector<ir::Graph>& graphs, const GraphChoice& choice);

// The chosen graph: one of `graphs`, or one that the passes make from these.  If `remarks` is not null, the passes run
// in any case and append their remarks.
absl::StatusOr<ir::Graph> SelectOrMake(const std::vector<ir::Graph>& graphs, const GraphChoice& choice,
                                       std::vector<std::string>* remarks);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_SELECT_GRAPH_H_
