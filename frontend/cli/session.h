// What most commands need: the installed compiler, the cache, and the planned model.
#ifndef BRINE_FRONTEND_CLI_SESSION_H_
#define BRINE_FRONTEND_CLI_SESSION_H_

#include <string>

#include "absl/status/statusor.h"
#include "codegen/driver/build_program.h"
#include "frontend/cli/arguments.h"

namespace brine::cli {

struct Session {
  codegen::Toolchain toolchain;
  codegen::Cache cache;
};
absl::StatusOr<Session> OpenSession();

// The default cache.  Warns on standard error if it is not in its usual folder.
absl::StatusOr<codegen::Cache> OpenCache();

// The rows for which a program is compiled: the value of --batch-size, or kDefaultBatchSize if it is not given, divided
// by that of --shards.
inline constexpr int64_t kDefaultBatchSize = 32;
absl::StatusOr<int64_t> BatchSize(const Arguments& arguments);

// `target`, or this machine's if it is empty.
absl::StatusOr<std::string> TargetOrHost(const Session& session, const std::string& target);

// The strategies that --strategy asks for, and for the other kernels those that `brine compile --tune` has found for
// the target, which is this machine's if it is empty.
absl::StatusOr<codegen::StrategyOfKernel> Strategies(const Session& session, const Arguments& arguments,
                                                     const std::string& target = "");

// Prints to standard error the candidates for each kernel of a graph of stage fused or planned, with the cost of each
// or the reason why it cannot build the kernel.  `target` is empty for this machine.
absl::Status PrintCandidates(const Session& session, const ir::Graph& graph, const Arguments& arguments,
                             const std::string& target = "");

// The exit code for an error of the passes: kBadInput for a mistake of the model, kFailed for a dump that cannot be
// written, and kCompileFailed for a bug of a pass.
int PassesExitCode(const absl::Status& status);

// A planned model.  If the exit code is not kOk, there is none, and the reason was printed.
struct Prepared {
  int exit_code = 0;
  codegen::PlannedModel planned;
  std::string summary;
};

// Loads the model at `path` and plans it as the flags in `arguments` say.  `target` is that for which remarks consider
// kernels; empty for this machine.
Prepared Prepare(const Session& session, const std::string& path, const Arguments& arguments,
                 const std::string& target = "");

// "model.cc: has no loss (Compile() was not called)": why the model at `path` lacks a function.
std::string WhatIsMissing(absl::string_view path, const Prepared& prepared);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_SESSION_H_
