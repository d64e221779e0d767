// The commands of the tool; each returns its exit code.
#ifndef BRINE_FRONTEND_CLI_COMMANDS_H_
#define BRINE_FRONTEND_CLI_COMMANDS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "frontend/cli/arguments.h"
#include "runtime/base/flags.h"

namespace brine::cli {

enum ExitCode { kOk = 0, kFailed = 1, kUsage = 2, kBadInput = 3, kCompileFailed = 4, kInterrupted = 130 };

// The commands that a compiled program does not have, as further members of sets of base::Command.
constexpr unsigned kVerify = 2 * base::kHelp, kCompile = 2 * kVerify, kInspect = 2 * kCompile, kOpt = 2 * kInspect,
                   kTakesNoFlags = 0;

constexpr size_t kAnyNumber = SIZE_MAX;

struct Command {
  const char* name;
  const char* words;               // "MODEL"
  size_t least_words, most_words;  // 0, 1 or kAnyNumber
  const char* summary;             // one line
  unsigned bit;                    // by which flags name it
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
