// What most commands begin with: installation, cache, model, plan.
#ifndef BRINE_FRONTEND_CLI_SESSION_H_
#define BRINE_FRONTEND_CLI_SESSION_H_

#include <string>

#include "absl/status/statusor.h"
#include "codegen/build_program.h"
#include "frontend/cli/arguments.h"

namespace brine::cli {

struct Session {
  codegen::Toolchain toolchain;
  codegen::Cache cache;
};
absl::StatusOr<Session> OpenSession();

// The default cache.  Says on standard error where it is not in its usual place.
absl::StatusOr<codegen::Cache> OpenCache();

// A model ready to be compiled, or the exit code of what kept it from that; the reason was printed.
struct Prepared {
  int exit_code = 0;
  codegen::PlannedModel planned;
  std::string summary;
};
Prepared Prepare(const Session& session, const std::string& path, const Arguments& arguments);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_SESSION_H_
