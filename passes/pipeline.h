// The pipeline: all passes in a fixed order, with a check of the graph after each.
#ifndef BRINE_PASSES_PIPELINE_H_
#define BRINE_PASSES_PIPELINE_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ir/graph.h"

namespace brine::passes {

struct PipelineOptions {
  std::vector<std::string> only;                // if not empty, only these passes run, in this order
  std::vector<std::string> without;             // these passes do not run
  int stop_after = -1;                          // only so many passes of the table run; negative: all
  std::optional<ir::Stage> until;               // passes that leave a later stage do not run
  bool generic_only = false;                    // fuse puts each node into a kernel of its own
  std::vector<std::string>* remarks = nullptr;  // if not null, fuse appends the fusions that it declined, and why

  // If set, called after each pass that changed the graph, with the name of the pass and its number from 1.  An error
  // ends the pipeline.
  std::function<absl::Status(int number, const std::string& name, const ir::Graph& graph)> after_pass;
};

struct Pass {
  const char* name;  // "plan-memory"
  absl::StatusOr<bool> (*run)(ir::Graph& graph, const PipelineOptions& options);
  ir::Stage takes;     // the stage of the graphs on which it runs
  ir::Stage leaves;    // the stage of its result: the same or a later one
  const char* reason;  // why it has this position in the order
};

// Adds a pass of the calling program to the pipeline, before the one named.  Must be called before any pipeline runs,
// by one thread.
void AddPass(const Pass& pass, absl::string_view before);

absl::Span<const Pass> AllPasses();  // in their order

// OK if all names are those of passes; otherwise an error that names the first that is not.
absl::Status CheckPassNames(const std::vector<std::string>& names);

// Runs the passes on a graph that verify.h accepts, and returns whether anything changed.  A pass that takes an earlier
// stage than the graph has does not run, unless `only` names it.  After each pass, the graph is verified, its stage is
// compared with the one that the pass says to leave, and its text is compared with that before, to see whether the pass
// says truly if it changed anything.
// Errors: "after pass fuse: …" if one of these checks fails; the error of a pass; a pass that takes another stage than
// the graph has; an unknown name in the options.
absl::StatusOr<bool> RunPipeline(ir::Graph& graph, const PipelineOptions& options = {});

// Runs the passes up to autodiff on a graph that Derive made for training.  The result is what CheckGradients takes.
absl::Status AddGradients(ir::Graph& graph);

// A function for PipelineOptions::after_pass that writes the graph to <folder>/<number>_<name>.ir.
std::function<absl::Status(int, const std::string&, const ir::Graph&)> DumpPassesTo(const std::string& folder);

}  // namespace brine::passes

#endif  // BRINE_PASSES_PIPELINE_H_
