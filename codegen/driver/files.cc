#include "codegen/driver/files.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

extern char** environ;

namespace brine::codegen {
namespace {

// The error of a system call on `path`, from errno.
absl::Status SystemError(const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, ": ", strerror(errno)));
}

volatile sig_atomic_t has_caught_signal = 0;
volatile sig_atomic_t open_resources = 0;  // temporary folders to remove and processes to end

// Whether all of `content` could be written to the file descriptor.
bool WriteAll(int file, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t count = write(file, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    content.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return errno == ENOENT ? absl::NotFoundError(absl::StrCat(path, ": ", strerror(errno))) : SystemError(path);
  std::string content;
  struct stat info;
  if (fstat(file, &info) == 0 && info.st_size > 0) content.reserve(static_cast<size_t>(info.st_size));
  char buffer[1 << 16];
  ssize_t count;
  while ((count = read(file, buffer, sizeof(buffer))) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const absl::Status status = SystemError(path);
      close(file);
      return status;
    }
    content.append(buffer, static_cast<size_t>(count));
  }
  close(file);
  return content;
}

absl::Status WriteFile(const std::string& path, absl::string_view content) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return SystemError(path);
  const absl::Status status = WriteAll(file, content) ? absl::OkStatus() : SystemError(path);
  close(file);
  return status;
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, int mode) {
  std::string temporary = absl::StrCat(path, ".XXXXXX");
  const int file = mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) return SystemError(path);
  const bool is_written = WriteAll(file, content) && fchmod(file, static_cast<mode_t>(mode)) == 0 && fsync(file) == 0;
  const absl::Status failure = is_written ? absl::OkStatus() : SystemError(path);
  close(file);
  if (!is_written || rename(temporary.c_str(), path.c_str()) != 0) {
    const absl::Status status = is_written ? SystemError(path) : failure;
    unlink(temporary.c_str());
    return status;
  }
  const size_t slash = path.rfind('/');
  const int folder =
      open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return absl::OkStatus();
}

absl::StatusOr<TemporaryFolder> TemporaryFolder::Create() {
  const char* base = std::getenv("TMPDIR");
  std::string path = absl::StrCat(base != nullptr && *base == '/' ? base : "/tmp", "/brine-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) return SystemError(path);
  open_resources = open_resources + 1;
  return TemporaryFolder(path);
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  open_resources = open_resources - 1;
}

void CatchSignals() {
  struct sigaction action = {};  // without SA_RESTART, so that poll returns after a signal
  action.sa_handler = [](int signal) {
    has_caught_signal = 1;
    if (open_resources > 0) return;
    std::signal(signal, SIG_DFL);
    raise(signal);
  };
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before = {};
    sigaction(signal, &action, &before);
    if (before.sa_handler == SIG_IGN)
      sigaction(signal, &before, nullptr);  // by nohup, or for a background job of a shell
  }
}

bool Interrupted() { return has_caught_signal != 0; }

namespace {

// Starts a process in a process group of its own, so that its children are ended with it.  `output` and `errors` become
// its standard output and standard error.  Returns 0 or an errno.
int Spawn(const std::vector<std::string>& arguments, const std::string& input_path, int output, int errors,
          pid_t* process) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input_path.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, errors, 2);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int failed = posix_spawnp(process, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

// Reads what a process writes to both pipes until it has closed them.  If a signal is caught, ends the process.
void ReadToEnd(pid_t process, int output, int errors, ProcessResult& result) {
  pollfd ends[2] = {{output, POLLIN, 0}, {errors, POLLIN, 0}};
  std::string* texts[2] = {&result.output, &result.errors};
  int signals_sent = 0;
  for (int open_ends = 2; open_ends > 0;) {
    // The time-out is for a signal that comes right before poll begins to wait.
    const int ready = poll(ends, 2, 200);
    if (has_caught_signal != 0)
      kill(-process, signals_sent++ < 10 ? SIGTERM : SIGKILL);  // SIGTERM first, since a compiler has files to remove
    if (ready <= 0) continue;
    for (int end = 0; end < 2; ++end) {
      if (ends[end].fd < 0 || ends[end].revents == 0) continue;
      char buffer[1 << 16];
      const ssize_t count = read(ends[end].fd, buffer, sizeof(buffer));
      if (count > 0) {
        texts[end]->append(buffer, static_cast<size_t>(count));
      } else if (count == 0 || errno != EINTR) {
        ends[end].fd = -1;
        --open_ends;
      }
    }
  }
}

}  // namespace

absl::StatusOr<ProcessResult> RunProcess(const std::vector<std::string>& arguments, const std::string& input_path) {
  if (has_caught_signal != 0) return absl::CancelledError("interrupted");
  int output[2], errors[2];
  if (pipe2(output, O_CLOEXEC) != 0) return SystemError(arguments[0]);
  if (pipe2(errors, O_CLOEXEC) != 0) {
    close(output[0]);
    close(output[1]);
    return SystemError(arguments[0]);
  }
  open_resources = open_resources + 1;
  pid_t process = 0;
  const int failed = Spawn(arguments, input_path, output[1], errors[1], &process);
  close(output[1]);
  close(errors[1]);
  ProcessResult result;
  if (failed == 0) ReadToEnd(process, output[0], errors[0], result);
  close(output[0]);
  close(errors[0]);
  int status = 0;
  while (failed == 0 && waitpid(process, &status, 0) < 0 && errno == EINTR) {
    if (has_caught_signal != 0) kill(-process, SIGKILL);
  }
  open_resources = open_resources - 1;
  if (failed != 0) return absl::NotFoundError(absl::StrCat(arguments[0], ": cannot be started: ", strerror(failed)));
  if (has_caught_signal != 0) return absl::CancelledError("interrupted");
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

std::string ProgramFolder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

}  // namespace brine::codegen
