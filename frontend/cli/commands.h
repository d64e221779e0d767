// The commands of the tool.
#ifndef BRINE_FRONTEND_CLI_COMMANDS_H_
#define BRINE_FRONTEND_CLI_COMMANDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "frontend/cli/arguments.h"
#include "runtime/base/flags.h"

namespace brine::cli {

enum ExitCode { kOk = 0, kFailed = 1, kUsage = 2, kBadInput = 3, kCompileFailed = 4, kInterrupted = 130 };

// The bits of the commands that a compiled program does not have, for sets of commands (base::Command).
constexpr unsigned kVerify = 2 * base::kHelp, kCompile = 2 * kVerify, kInspect = 2 * kCompile, kOpt = 2 * kInspect,
                   kNew = 2 * kOpt, kReport = 2 * kNew, kData = 2 * kReport, kTakesNoFlags = 0;

constexpr size_t kAnyNumber = SIZE_MAX;

struct Command {
  const char* name;
  const char* words;               // "MODEL"; the first one may have choices: "stats|clean"
  size_t least_words, most_words;  // 0, 1 or kAnyNumber
  const char* summary;             // one line
  unsigned bit;                    // of the command in base::Flag::commands
  int (*run)(const Command& command, const Arguments& arguments);
};

absl::Span<const Command> AllCommands();
absl::Span<const base::Flag> ToolFlags();  // those that the tool reads itself
// The flags of a command: those of the tool, then those of base::kFlags, which are passed on to the compiled program.
std::vector<base::Flag> FlagsOf(const Command& command);

// Prints the message of the status to standard error and returns `code`, or kInterrupted if the status is that of an
// interrupted command.  In a job (runtime/base/job.h), names the rank and lets the first one speak.  "brine: " is
// printed before the message, except with kBadInput, whose messages begin with a place.
int Fail(const absl::Status& status, int code);

// Writes the text to standard output.  Returns kOk, or kFailed after a message to standard error.
int Print(absl::string_view text);

// Each of these executes a command and returns the exit code.  RunProgram executes train, evaluate, predict and bench.
int RunProgram(const Command& command, const Arguments& arguments);
int RunVerify(const Command& command, const Arguments& arguments);
int RunCompile(const Command& command, const Arguments& arguments);
int RunSummary(const Command& command, const Arguments& arguments);
int RunInspect(const Command& command, const Arguments& arguments);
int RunOpt(const Command& command, const Arguments& arguments);
int RunCompletion(const Command& command, const Arguments& arguments);
int RunManualPage(const Command& command, const Arguments& arguments);
int RunNew(const Command& command, const Arguments& arguments);
int RunData(const Command& command, const Arguments& arguments);
int RunReport(const Command& command, const Arguments& arguments);
int RunCache(const Command& command, const Arguments& arguments);
int RunDoctor(const Command& command, const Arguments& arguments);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_COMMANDS_H_
