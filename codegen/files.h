// Files and processes, as the compiler driver needs them.
#ifndef BRINE_CODEGEN_FILES_H_
#define BRINE_CODEGEN_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::codegen {

absl::StatusOr<std::string> ReadFile(const std::string& path);

// For files that nobody else sees.
absl::Status WriteFile(const std::string& path, absl::string_view content);

// Temporary file in the same folder, fsync, rename, fsync of the folder: a reader sees the old content or the new one.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, int mode = 0600);

// A new folder under $TMPDIR or /tmp that is removed, with all it holds, by the destructor.
class TemporaryFolder {
 public:
  static absl::StatusOr<TemporaryFolder> Create();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

struct ProcessResult {
  int exit_code = 0;  // 128 + signal when it was killed
  std::string output, errors;
};

// From now on SIGINT, SIGTERM and SIGHUP end what RunProcess runs, which then fails with kCancelled, as every later
// call does: the caller unwinds, and temporary folders go.  Where there is neither a process nor a folder, they end
// this process as ever.
void CatchSignals();
bool Interrupted();  // by such a signal

// Runs a program, found on $PATH unless its name has a slash, without a shell.  Standard input is `input_path`, or
// empty.  Errors: it cannot be started, or a signal was caught.
absl::StatusOr<ProcessResult> RunProcess(const std::vector<std::string>& arguments,
                                         const std::string& input_path = "/dev/null");

std::string ProgramFolder();  // the folder of the running program

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_FILES_H_
