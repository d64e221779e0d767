// Files, temporary folders and child processes for the compiler driver.
#ifndef BRINE_CODEGEN_DRIVER_FILES_H_
#define BRINE_CODEGEN_DRIVER_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::codegen {

// The content of a file.  Errors: kNotFound if it does not exist, else kUnavailable.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Writes a file that no other process reads meanwhile.  Errors: kUnavailable.
absl::Status WriteFile(const std::string& path, absl::string_view content);

// Writes a file such that any reader sees either the old content or the new one, even after a crash: writes a temporary
// file in the same folder, syncs it, renames it and syncs the folder.  Errors: kUnavailable.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, int mode = 0600);

// A new folder in $TMPDIR or /tmp.  The destructor removes it with everything in it.
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
  int exit_code = 0;           // 128 + the signal if a signal ended the process
  std::string output, errors;  // what it wrote to standard output and to standard error
};

// From now on, SIGINT, SIGTERM and SIGHUP end the process that RunProcess has started.  That call and every later one
// fail with kCancelled, so that the caller returns and temporary folders are removed.  While there is neither such a
// process nor a temporary folder, the signals end this process as usual.
void CatchSignals();

// Whether one of these signals has been caught.
bool Interrupted();

// Runs a program, without a shell, and waits for its end.  `arguments` begins with the name of the program, which is
// looked for on $PATH unless it has a slash.  Standard input is the file `input_path`.  Errors: kNotFound if the
// program cannot be started, kCancelled if a signal was caught.
absl::StatusOr<ProcessResult> RunProcess(const std::vector<std::string>& arguments,
                                         const std::string& input_path = "/dev/null");

// The folder of the running program.
std::string ProgramFolder();

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_FILES_H_
