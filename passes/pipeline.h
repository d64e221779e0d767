// The pipeline: passes in a fixed order, with a check after each.
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
  std::vector<std::string> only;                // run these passes, in the given order; empty: all
  std::vector<std::string> without;             // leave these out
  int stop_after = -1;                          // this many passes; negative: all
  std::optional<ir::Stage> until;               // leave out passes whose result has a later stage
  bool generic_only = false;                    // one op in each kernel
  std::vector<std::string>* remarks = nullptr;  // fusions that were declined, and why

  // Called after each pass that changed the graph, with the pass's number from 1 and its name.
  std::function<absl::Status(int number, const std::string& name, const ir::Graph& graph)> after_pass;
};

struct Pass {
  const char* name;  // "plan-memory"
  absl::StatusOr<bool> (*run)(ir::Graph& graph, const PipelineOptions& options);
  ir::Stage takes;     // the stage of the graphs that it runs on
  ir::Stage leaves;    // the stage of its result: the same or a later one
  const char* reason;  // why it is at this place in the order
};

// Adds a pass of the calling program before the one named.  Called by one thread, before passes run.
void AddPass(const Pass& pass, absl::string_view before);

absl::Span<const Pass> AllPasses();                              // in their order
absl::Status CheckNames(const std::vector<std::string>& names);  // that all of them are passes

// Runs the passes on a graph that verify.h accepts.  A pass that takes an earlier stage than the graph's is left out;
// if `only` names it, that is an error, and so is a pass that takes a later stage.  After each pass the graph is
// verified, its stage is compared with the one that the pass leaves, and its text is compared with the pass's answer to
// whether it changed anything.  Errors: "after pass fuse: …" for a graph that is no longer valid, the pass's own
// sentence, or an unknown name.  Returns whether anything changed.
absl::StatusOr<bool> RunPipeline(ir::Graph& graph, const PipelineOptions& options = {});

// Runs the passes as far as autodiff, on a graph that Derive made for training: CheckGradients takes the result.
absl::Status AddGradients(ir::Graph& graph);

// An after_pass that writes <folder>/NN_name.ir.
std::function<absl::Status(int, const std::string&, const ir::Graph&)> DumpTo(const std::string& folder);

}  // namespace brine::passes

#endif  // BRINE_PASSES_PIPELINE_H_
