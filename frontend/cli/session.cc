#include "frontend/cli/session.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "codegen/driver/tuning.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/model_file.h"
#include "frontend/summary.h"
#include "ir/status.h"
#include "runtime/base/flags.h"
#include "runtime/base/job.h"

namespace brine::cli {

absl::StatusOr<Session> OpenSession() {
  BRINE_ASSIGN_OR_RETURN(codegen::Toolchain toolchain, codegen::FindToolchain());
  BRINE_ASSIGN_OR_RETURN(codegen::Cache cache, OpenCache());
  return Session{std::move(toolchain), std::move(cache)};
}

absl::StatusOr<codegen::Cache> OpenCache() {
  std::string warning;
  BRINE_ASSIGN_OR_RETURN(codegen::Cache cache, codegen::Cache::OpenDefault(warning));
  if (!warning.empty() && brine_this_job().rank == 0) std::fprintf(stderr, "brine: %s\n", warning.c_str());
  return cache;
}

absl::StatusOr<int64_t> BatchSize(const Arguments& arguments) {
  BRINE_ASSIGN_OR_RETURN(const int64_t batch_size,
                         arguments.GetInt("batch-size", kDefaultBatchSize, 1, base::kMaxBatchSize));
  BRINE_ASSIGN_OR_RETURN(const int64_t shards, arguments.GetInt("shards", 1, 1, base::kMaxBatchSize));
  if (batch_size % shards == 0) return batch_size / shards;
  return absl::InvalidArgumentError(
      absl::StrCat("--shards ", shards, " does not divide the batch of ", batch_size, " rows; see --batch-size"));
}

absl::StatusOr<std::string> TargetOrHost(const Session& session, const std::string& target) {
  if (!target.empty()) return target;
  return codegen::HostTarget(session.toolchain.worker, session.cache);
}

absl::StatusOr<codegen::StrategyOfKernel> Strategies(const Session& session, const Arguments& arguments,
                                                     const std::string& target) {
  BRINE_ASSIGN_OR_RETURN(const std::string machine, TargetOrHost(session, target));
  const codegen::StrategyOfKernel tuned = codegen::Tuning(session.cache, machine).strategies();
  if (!arguments.Has("strategy")) return tuned;
  const absl::StatusOr<codegen::StrategyOfKernel> forced =
      codegen::ParseStrategies(arguments.Get("strategy", ""), session.toolchain.worker);
  if (!forced.ok()) return absl::InvalidArgumentError(absl::StrCat("--strategy: ", forced.status().message()));
  return [tuned, forced = *forced](const ir::Graph& graph, const ir::Node& kernel) {
    const std::string strategy = forced(graph, kernel);
    return strategy.empty() ? tuned(graph, kernel) : strategy;
  };
}

absl::Status PrintCandidates(const Session& session, const ir::Graph& graph, const Arguments& arguments,
                             const std::string& target) {
  codegen::CompileOptions options;
  options.worker = session.toolchain.worker;
  BRINE_ASSIGN_OR_RETURN(options.target, TargetOrHost(session, target));
  BRINE_ASSIGN_OR_RETURN(options.strategy, Strategies(session, arguments, target));
  BRINE_ASSIGN_OR_RETURN(const std::vector<codegen::KernelFacts> facts, codegen::ConsiderKernels(graph, options));
  for (size_t index = 0; index < facts.size(); ++index) {
    if (facts[index].candidates.size() < 2) continue;  // there is no choice
    const ir::Node& kernel = graph.nodes[index];
    const ir::Location* const location = kernel.locations.empty() ? nullptr : &kernel.locations[0];
    const std::string& name = graph.value(kernel.outputs[0]).name;
    std::fprintf(stderr, "%s: %s is computed by %s\n", ir::PlaceOf(location, name).c_str(), name.c_str(),
                 facts[index].strategy.c_str());
    for (absl::string_view candidate : absl::StrSplit(codegen::DescribeCandidates(facts[index]), '\n')) {
      std::fprintf(stderr, "  %s\n", std::string(candidate).c_str());
    }
  }
  return absl::OkStatus();
}

int PassesExitCode(const absl::Status& status) {
  if (absl::IsUnavailable(status)) return kFailed;
  return absl::IsInternal(status) ? kCompileFailed : kBadInput;
}

Prepared Prepare(const Session& session, const std::string& path, const Arguments& arguments,
                 const std::string& target) {
  Prepared prepared;
  const absl::StatusOr<int64_t> batch_size = BatchSize(arguments);
  if (!batch_size.ok()) {
    prepared.exit_code = Fail(batch_size.status(), kUsage);
    return prepared;
  }
  const absl::StatusOr<ir::Graph> model = LoadModel(path, session.toolchain, session.cache);
  session.cache.Release();  // before Fail, which may wait
  if (!model.ok()) {
    prepared.exit_code =
        Fail(model.status(), model.status().code() == absl::StatusCode::kUnavailable ? kCompileFailed : kBadInput);
    return prepared;
  }
  passes::PipelineOptions passes;
  std::vector<std::string> remarks;
  const bool remarks_wanted = arguments.Has("remarks") && brine_this_job().rank == 0;
  if (remarks_wanted) passes.remarks = &remarks;
  if (arguments.Has("without")) passes.without = absl::StrSplit(arguments.Get("without", ""), ',');
  if (const absl::Status status = passes::CheckPassNames(passes.without); !status.ok()) {
    prepared.exit_code = Fail(status, kUsage);
    return prepared;
  }
  absl::StatusOr<codegen::PlannedModel> planned =
      codegen::PlanModel(*model, *batch_size, passes, arguments.Get("dump-ir", ""));
  if (!planned.ok()) {
    prepared.exit_code = Fail(planned.status(), PassesExitCode(planned.status()));
    return prepared;
  }
  prepared.planned = *std::move(planned);
  for (const std::string& remark : remarks) std::fprintf(stderr, "%s\n", remark.c_str());
  const ir::Graph* const train = prepared.planned.Find(ir::Function::kTrain);
  // Tuning lists the candidates itself.
  if (remarks_wanted && !arguments.Has("tune") && train != nullptr) {
    if (const absl::Status status = PrintCandidates(session, *train, arguments, target); !status.ok()) {
      prepared.exit_code = Fail(status, absl::IsInvalidArgument(status) ? kUsage : kCompileFailed);
      return prepared;
    }
  }
  prepared.summary = Summary(prepared.planned.model, train, {});
  return prepared;
}

std::string WhatIsMissing(absl::string_view path, const Prepared& prepared) {
  return absl::StrCat(path, prepared.planned.model.training.objectives.empty()
                                ? ": has no loss (Compile() was not called)"
                                : ": all of its weights are frozen");
}

}  // namespace brine::cli
