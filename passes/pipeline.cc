#include "passes/pipeline.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ir/check.h"
#include "ir/status.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"
#include "passes/add_loss.h"
#include "passes/add_optimizer.h"
#include "passes/autodiff.h"
#include "passes/canonicalize.h"
#include "passes/cse.h"
#include "passes/dce.h"
#include "passes/fold_constants.h"
#include "passes/fuse.h"
#include "passes/plan_memory.h"
#include "passes/recompute.h"
#include "passes/simplify.h"
#include "passes/specialize.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Stage;

template <absl::StatusOr<bool> (*pass)(Graph&)>
absl::StatusOr<bool> Run(Graph& graph, const PipelineOptions&) {
  return pass(graph);
}

absl::StatusOr<bool> RunFuse(Graph& graph, const PipelineOptions& options) {
  return Fuse(graph, {options.generic_only, options.remarks});
}

constexpr Pass kPasses[] = {
    {"specialize", Run<Specialize>, Stage::kTrain, Stage::kTrain,
     "first: all others work on what the function computes, not on the model"},
    {"add-loss", Run<AddLoss>, Stage::kTrain, Stage::kTrain, "before autodiff, which starts at the loss"},
    {"canonicalize", Run<Canonicalize>, Stage::kTrain, Stage::kTrain,
     "before autodiff: gradients then read pooled values, and nobody has to rewrite them"},
    {"autodiff", Run<Autodiff>, Stage::kTrain, Stage::kTrain,
     "after canonicalize, and before anything that merges or removes nodes of the forward part"},
    {"add-optimizer", Run<AddOptimizer>, Stage::kTrain, Stage::kTrain, "after autodiff, whose gradients it takes"},
    {"fold-constants", Run<FoldConstants>, Stage::kTrain, Stage::kTrain,
     "after autodiff: its rules compute with constants; before simplify, which looks for them"},
    {"simplify", Run<Simplify>, Stage::kTrain, Stage::kTrain,
     "after autodiff: its rules are written in general; before cse, as it makes nodes equal"},
    {"cse", Run<Cse>, Stage::kTrain, Stage::kTrain, "before dce, which removes what it leaves"},
    {"dce", Run<Dce>, Stage::kTrain, Stage::kTrain,
     "after the equations: the next passes should see only nodes whose results are used"},
    {"recompute", Run<Recompute>, Stage::kTrain, Stage::kTrain,
     "last of the rewrites: cse would merge what it copies, and fuse takes each copy into the kernel of its reader"},
    {"fuse", RunFuse, Stage::kTrain, Stage::kFused, "after all rewrites: they see nodes, not kernels"},
    {"plan-memory", Run<PlanMemory>, Stage::kFused, Stage::kPlanned, "last: it needs the order of the kernels"},
};

std::vector<Pass>& Table() {
  static auto* const table = new std::vector<Pass>(std::begin(kPasses), std::end(kPasses));
  return *table;
}

const Pass* FindPass(absl::string_view name) {
  const auto row = std::find_if(Table().begin(), Table().end(), [&](const Pass& pass) { return name == pass.name; });
  return row == Table().end() ? nullptr : &*row;
}

// Runs one pass and checks its result.  `text` is the graph's text before, and afterwards that of the result.
absl::StatusOr<bool> RunChecked(const Pass& pass, Graph& graph, const PipelineOptions& options, std::string& text) {
  BRINE_ASSIGN_OR_RETURN(const bool changed, pass.run(graph, options));
  const auto fault = [&](const auto&... words) {
    return absl::InternalError(absl::StrCat("after pass ", pass.name, ": ", words...));
  };
  const absl::Status status = ir::Verify(graph);
  if (!status.ok()) return fault(status.message());
  if (graph.stage != pass.leaves) {
    return fault("it says that it leaves a graph of stage ", ir::StageName(pass.leaves), ", but left one of stage ",
                 ir::StageName(graph.stage));
  }
  std::string after = ir::Print(graph);
  if (changed != (after != text)) {
    return fault("it says that it ", changed ? "changed" : "did not change", " the graph, but its text ",
                 changed ? "is the same" : "differs");
  }
  text = std::move(after);
  return changed;
}

}  // namespace

absl::Span<const Pass> AllPasses() { return Table(); }

void AddPass(const Pass& pass, absl::string_view before) {
  const Pass* const next = FindPass(before);
  BRINE_CHECK(next != nullptr && FindPass(pass.name) == nullptr && pass.takes <= pass.leaves);
  Table().insert(Table().begin() + (next - Table().data()), pass);
}

absl::Status CheckPassNames(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (FindPass(name) != nullptr) continue;
    const auto append = [](std::string* out, const Pass& pass) { absl::StrAppend(out, pass.name); };
    return absl::InvalidArgumentError(
        absl::StrCat("unknown pass \"", name, "\"; known are ", absl::StrJoin(Table(), ", ", append)));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> RunPipeline(Graph& graph, const PipelineOptions& options) {
  BRINE_RETURN_IF_ERROR(CheckPassNames(options.only));
  BRINE_RETURN_IF_ERROR(CheckPassNames(options.without));
  std::vector<const Pass*> passes;
  for (const std::string& name : options.only) passes.push_back(FindPass(name));
  for (const Pass& pass : Table()) {
    if (options.only.empty()) passes.push_back(&pass);
  }
  bool changed = false;
  int number = 0;
  std::string text = ir::Print(graph);
  for (const Pass* pass : passes) {
    ++number;
    if (options.stop_after >= 0 && number > options.stop_after) break;
    if (options.until && pass->leaves > *options.until) continue;
    if (std::find(options.without.begin(), options.without.end(), pass->name) != options.without.end()) continue;
    if (graph.stage > pass->takes && options.only.empty()) continue;
    if (graph.stage != pass->takes) {
      return absl::InvalidArgumentError(absl::StrCat("pass ", pass->name, " takes a graph of stage ",
                                                     ir::StageName(pass->takes), ", got one of stage ",
                                                     ir::StageName(graph.stage)));
    }
    BRINE_ASSIGN_OR_RETURN(const bool has_changed, RunChecked(*pass, graph, options, text));
    changed |= has_changed;
    if (has_changed && options.after_pass) BRINE_RETURN_IF_ERROR(options.after_pass(number, pass->name, graph));
  }
  return changed;
}

absl::Status AddGradients(Graph& graph) {
  PipelineOptions options;
  options.stop_after = static_cast<int>(FindPass("autodiff") - Table().data()) + 1;
  return RunPipeline(graph, options).status();
}

std::function<absl::Status(int, const std::string&, const Graph&)> DumpPassesTo(const std::string& folder) {
  return [folder](int number, const std::string& name, const Graph& graph) {
    const std::string path = absl::StrFormat("%s/%02d_%s.ir", folder, number, name);
    std::ofstream file(path, std::ios::binary);
    file << ir::Print(graph);
    file.close();
    return file.good() ? absl::OkStatus() : absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  };
}

}  // namespace brine::passes
