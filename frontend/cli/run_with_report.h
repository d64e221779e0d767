// Runs a program that trains in the folder of a run, and draws the page of the run after each epoch.
#ifndef BRINE_FRONTEND_CLI_RUN_WITH_REPORT_H_
#define BRINE_FRONTEND_CLI_RUN_WITH_REPORT_H_

#include <string>

#include "absl/functional/function_ref.h"

namespace brine::cli {

struct Reported {
  int status = 0;           // of the process, as waitpid has it
  bool began = false;       // whether it has begun a run in the folder
  bool has_report = false;  // whether the page was written at the end
};

// Calls `execute` in a child process; it replaces that process by the program, or returns an exit code if it cannot.
// Waits for the end of the child, and writes report.html into the folder whenever its log has a new line and at the
// end.  Pages are drawn by processes of their own at a low priority, so that neither their time nor a fault harms the
// training.
//
// SIGINT, SIGTERM and SIGHUP that another process sends to this one are passed on to the child (sigqueue); those of the
// terminal reach it anyway.  If this process is killed, so is the child.
Reported RunWithReport(const std::string& run, absl::FunctionRef<int()> execute);

// The exit code of a process with this status.  If a signal has ended it, this process ends by the same signal.
int EndLike(int status);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_RUN_WITH_REPORT_H_
