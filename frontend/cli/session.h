// What most commands share: installation, cache, model, plan.
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

// The default cache.  Reports on standard error if it is not in its usual place.
absl::StatusOr<codegen::Cache> OpenCache();

// The value of --batch-size, or kDefaultBatchSize if it is not given.
inline constexpr int64_t kDefaultBatchSize = 32;
absl::StatusOr<int64_t> BatchSize(const Arguments& arguments);

// The choice of strategies that --strategy forces; null if it is not given.
absl::StatusOr<codegen::StrategyOfKernel> ForcedStrategies(const Session& session, const Arguments& arguments);

// Prints to standard error the candidates for each kernel of a graph of stage fused or planned, with the cost of each
// or the reason why it cannot build the kernel.
absl::Status PrintCandidates(const Session& session, const ir::Graph& graph, const Arguments& arguments);

// The exit code for a failure of the passes: the user's graph, a dump that cannot be written, or our bug.
int PassesExitCode(const absl::Status& status);

// A model that is ready to be compiled, or an exit code; the reason was printed.
struct Prepared {
  int exit_code = 0;
  codegen::PlannedModel planned;
  std::string summary;
};
Prepared Prepare(const Session& session, const std::string& path, const Arguments& arguments);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_SESSION_H_
