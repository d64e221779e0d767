#include "codegen/driver/toolchain.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "codegen/driver/files.h"

namespace brine::codegen {
namespace {

std::string Environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

// The first of the candidates that contains `file`.
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
  // Installed: bin/, libexec/brine/, lib/brine/, include/brine/.  In a build folder: bin/, lib/, and the sources.
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
  toolchain.c_compiler = Environment("CC", "cc");
  toolchain.cxx_compiler = Environment("CXX", "c++");
  return toolchain;
}

}  // namespace brine::codegen
