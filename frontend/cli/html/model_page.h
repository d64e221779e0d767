// The page of a model: its graph, its kernels, its memory, and what each pass changed.
#ifndef BRINE_FRONTEND_CLI_HTML_MODEL_PAGE_H_
#define BRINE_FRONTEND_CLI_HTML_MODEL_PAGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::cli {

// The texts of a graph before the passes, and after each pass that changed it, without the places of the user's
// program.
struct PassHistory {
  struct Change {
    std::string pass, text;
  };
  std::string first;
  std::vector<Change> changes;
};

struct ModelViews {
  std::string file;                  // from which the model was read
  ir::Graph shown;                   // the graph that is drawn, of any stage; `planned` itself if it is planned
  std::optional<ir::Graph> planned;  // whose kernels and memory are shown
  std::string why_not_planned;       // a sentence, if there is no planned graph
  PassHistory history;
};

// Runs all passes that are still to come on the graph.  Errors: those of the passes.
absl::StatusOr<PassHistory> RecordPasses(ir::Graph graph);

// One HTML file.  All graphs must be such as the verifier accepts.
std::string ModelPage(const ModelViews& views);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_MODEL_PAGE_H_
