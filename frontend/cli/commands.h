// The commands of the tool; each returns its exit code.
#ifndef BRINE_FRONTEND_CLI_COMMANDS_H_
#define BRINE_FRONTEND_CLI_COMMANDS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "frontend/cli/arguments.h"

namespace brine::cli {

enum ExitCode { kOk = 0, kFailed = 1, kUsage = 2, kBadInput = 3, kCompileFailed = 4, kInterrupted = 130 };

struct Command {
  const char* name;
  const char* words;  // "MODEL"
  size_t word_count;
  const char* summary;  // one line
  absl::Span<const Flag> flags;
  int (*run)(const Command& command, const Arguments& arguments);
};

// Prints "brine: <sentence>" to standard error and returns `code`.
int Fail(const absl::Status& status, int code);

// Writes to standard output, all of it, or fails.
int Print(absl::string_view text);

int RunProgram(const Command& command, const Arguments& arguments);  // train, evaluate, predict, bench
int RunVerify(const Command& command, const Arguments& arguments);
int RunCompile(const Command& command, const Arguments& arguments);
int RunSummary(const Command& command, const Arguments& arguments);
int RunInspect(const Command& command, const Arguments& arguments);
int RunOpt(const Command& command, const Arguments& arguments);
int RunCache(const Command& command, const Arguments& arguments);
int RunDoctor(const Command& command, const Arguments& arguments);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_COMMANDS_H_
