#include "codegen/driver/toolchain.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "codegen/driver/files.h"

namespace brine::codegen {
namespace {

// The value of an environment variable; `fallback` if it is not set or empty.
std::string EnvironmentOr(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

// The first of `folders` that contains `file`.
absl::StatusOr<std::string> Locate(const std::vector<std::string>& folders, const std::string& file) {
  for (const std::string& folder : folders) {
    if (access(absl::StrCat(folder, "/", file).c_str(), R_OK) == 0) return folder;
  }
  return absl::NotFoundError(
      absl::StrCat(file, " is missing from this installation; it was looked for in ", folders.back()));
}

}  // namespace

absl::StatusOr<Toolchain> FindToolchain() {
  const std::string here = ProgramFolder();
  Toolchain toolchain;
  // An installation has bin/, libexec/brine/, lib/brine/ and include/brine/.  A build folder has bin/ and lib/, and the
  // headers are among the sources.
  const auto worker = Locate({here, here + "/../libexec/brine", BRINE_BUILD_FOLDER "/bin"}, "brine-worker");
  if (!worker.ok()) return worker.status();
  const auto libraries =
      Locate({here + "/../lib/brine", here + "/../lib", BRINE_BUILD_FOLDER "/lib"}, "libbrine_backend.a");
  if (!libraries.ok()) return libraries.status();
  const auto include = Locate({here + "/../include/brine", BRINE_SOURCE_FOLDER}, "runtime/program.h");
  if (!include.ok()) return include.status();
  toolchain.worker = *worker + "/brine-worker";
  toolchain.libraries = *libraries;
  toolchain.include = *include;
  toolchain.c_compiler = EnvironmentOr("CC", "cc");
  toolchain.cxx_compiler = EnvironmentOr("CXX", "c++");
  toolchain.mpi_compiler = EnvironmentOr("MPICC", "mpicc");
  return toolchain;
}

}  // namespace brine::codegen
