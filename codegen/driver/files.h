// Files and processes for the compiler driver.
#ifndef BRINE_CODEGEN_DRIVER_FILES_H_
#define BRINE_CODEGEN_DRIVER_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::codegen {

absl::StatusOr<std::string> ReadFile(const std::string& path);

// For files that no other process reads.
absl::Status WriteFile(const std::string& path, absl::string_view content);

// Writes a temporary file in the same folder, fsyncs it, renames it and fsyncs the folder: a reader sees the old
// content or the new one.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, int mode = 0600);

// A new folder under $TMPDIR or /tmp.  The destructor removes it with all it contains.
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
  int exit_code = 0;  // 128 + signal if a signal ended it
  std::string output, errors;
};

// From now on SIGINT, SIGTERM and SIGHUP end the process that RunProcess runs.  That call fails with kCancelled, and so
// does every later one, so that the caller unwinds and temporary folders are removed.  While there is neither a process
// nor a folder, the signals end this process as usual.
void CatchSignals();
bool Interrupted();  // whether such a signal has come

// Runs a program without a shell.  It is found on $PATH unless its name has a slash.  Standard input is `input_path`,
// or empty.  Errors: it cannot be started, or a signal was caught.
absl::StatusOr<ProcessResult> RunProcess(const std::vector<std::string>& arguments,
                                         const std::string& input_path = "/dev/null");

std::string ProgramFolder();  // the folder of the running program

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_FILES_H_
