#include "frontend/cli/run_with_report.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/report.h"

namespace brine::cli {
namespace {

// Changes whenever the file is written; all zero if there is none.
using Stamp = std::tuple<ino_t, off_t, time_t, long>;
Stamp StampOf(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return {};
  return {info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

absl::Status TryToWriteReport(const std::string& run) {
  // An exception that left the child would run the handlers and destructors of its parent.
  try {
    return WriteReport({run}, absl::StrCat(run, "/report.html"));
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

// Starts a process that ends when this one does.  It is the child if the result is 0; −1 if there can be none.
pid_t ForkAttached() {
  const pid_t parent = getpid(), child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kFailed);  // the parent has ended before it could be noticed
  return 0;
}

// Starts a process that writes the page.  While the training runs, it gets a tenth of the time of the trainer's threads
// where they compete, and says nothing if it cannot write.
pid_t StartDrawing(const std::string& run, bool is_last) {
  const pid_t drawer = ForkAttached();
  if (drawer != 0) return drawer;
  constexpr int kTenth = 10;  // the tenth of the weight of 0, in kernel/sched/core.c of Linux
  if (!is_last) setpriority(PRIO_PROCESS, 0, kTenth);
  const absl::Status status = TryToWriteReport(run);
  if (!status.ok() && is_last) Fail(status, kFailed);
  _exit(status.ok() ? kOk : kFailed);
}

int WaitFor(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// While an object of this class lives, the signals are not delivered, but wait for sigtimedwait.
class HeldSignals {
 public:
  HeldSignals() {
    std::signal(SIGCHLD, SIG_DFL);  // an ignored one would take the status of the child
    sigemptyset(&held_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&held_, signal);
    sigprocmask(SIG_BLOCK, &held_, &before_);
  }
  ~HeldSignals() { Release(); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  void Release() const { sigprocmask(SIG_SETMASK, &before_, nullptr); }

  // Waits at most a fifth of a second.  Returns the signal that another process has sent to this one, or 0.
  int Wait() const {
    siginfo_t info;
    const timespec fifth = {0, 200'000'000};
    const int signal = sigtimedwait(&held_, &info, &fifth);
    return signal > 0 && signal != SIGCHLD && info.si_code <= 0 ? signal : 0;
  }

 private:
  sigset_t held_, before_;
};

}  // namespace

Reported RunWithReport(const std::string& run, absl::FunctionRef<int()> execute) {
  const std::string config = absl::StrCat(run, "/config.pbtxt"), log = absl::StrCat(run, "/log.jsonl");
  const Stamp config_before = StampOf(config);
  Stamp drawn = StampOf(log);
  const HeldSignals signals;
  const pid_t trainer = ForkAttached();
  if (trainer < 0) {
    Fail(absl::UnavailableError(absl::StrCat("the program cannot be started: ", strerror(errno))), kFailed);
    return {kFailed << 8};
  }
  if (trainer == 0) {
    signals.Release();
    _exit(execute());
  }
  Reported result;
  for (pid_t drawer = 0, ended = 0; ended != trainer;) {
    if (const int signal = signals.Wait(); signal != 0) sigqueue(trainer, signal, sigval());
    int status = 0;
    while (ended != trainer && (ended = waitpid(-1, &status, WNOHANG)) > 0) {
      if (ended == trainer) result.status = status;
      if (ended == drawer) drawer = 0;
    }
    const Stamp now = StampOf(log);
    if (ended == trainer && drawer > 0) WaitFor(drawer);
    if (ended == trainer || drawer > 0 || now == drawn || StampOf(config) == config_before) continue;
    drawn = now;
    drawer = StartDrawing(run, /*is_last=*/false);
  }
  result.began = StampOf(config) != config_before;
  if (!result.began) return result;
  const pid_t drawer = StartDrawing(run, /*is_last=*/true);
  result.has_report = drawer > 0 && WaitFor(drawer) == 0;
  return result;
}

int EndLike(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const int signal = WTERMSIG(status);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);  // the core of this process says nothing
  std::signal(signal, SIG_DFL);
  raise(signal);
  return 128 + signal;
}

}  // namespace brine::cli
