#include <sched.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "codegen/driver/compile.h"
#include "codegen/driver/files.h"
#include "codegen/sources_hash.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/session.h"

namespace brine::cli {

int RunCache(const Command&, const Arguments& arguments) {
  const std::string& verb = arguments.words[0];
  const absl::StatusOr<codegen::Cache> cache = OpenCache();
  if (!cache.ok()) return Fail(cache.status(), kFailed);
  const absl::StatusOr<codegen::Cache::Stats> stats = verb == "stats" ? cache->GetStats() : cache->Clean();
  if (!stats.ok()) return Fail(stats.status(), kFailed);
  return Print(absl::StrCat(verb == "stats" ? "" : "removed ", stats->entries, " entries, ", stats->bytes, " bytes, ",
                            cache->folder(), "\n"));
}

int RunDoctor(const Command&, const Arguments&) {
  const absl::StatusOr<Session> session = OpenSession();
  if (!session.ok()) return Fail(session.status(), kFailed);
  std::string report =
      absl::StrCat("cache        ", session->cache.folder(), "\nworker       ", session->toolchain.worker,
                   "\nlibraries    ", session->toolchain.libraries, "\nhalide       ", codegen::kHalideVersion, "\n");
  int code = kOk;
  const absl::StatusOr<std::string> target = codegen::HostTarget(session->toolchain.worker, session->cache);
  absl::StrAppend(&report, "target       ", target.ok() ? *target : std::string(target.status().message()), "\n");
  if (!target.ok()) code = kFailed;
  for (const std::string& compiler : {session->toolchain.c_compiler, session->toolchain.cxx_compiler}) {
    const absl::StatusOr<codegen::ProcessResult> result = codegen::RunProcess({compiler, "--version"});
    const bool works = result.ok() && result->exit_code == 0;
    if (!works) code = kCompileFailed;
    const std::string first = works ? std::string(*absl::StrSplit(result->output, '\n').begin())
                                    : std::string("missing; models and programs cannot be compiled");
    absl::StrAppend(&report, "compiler     ", compiler, ": ", first, "\n");
  }
  cpu_set_t cores;
  CPU_ZERO(&cores);
  const bool known = sched_getaffinity(0, sizeof(cores), &cores) == 0;
  absl::StrAppend(&report, "cores        ", known ? CPU_COUNT(&cores) : 1, " of ", sysconf(_SC_NPROCESSORS_ONLN), "\n");
  const int printed = Print(report);
  return printed != kOk ? printed : code;
}

}  // namespace brine::cli
