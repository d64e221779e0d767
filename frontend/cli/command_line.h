// The command line of the tool, read by CLI11: a command, its words, and flags as `--flag value` or `--flag=value`.
#ifndef BRINE_FRONTEND_CLI_COMMAND_LINE_H_
#define BRINE_FRONTEND_CLI_COMMAND_LINE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "frontend/cli/arguments.h"
#include "frontend/cli/commands.h"
#include "runtime/base/flags.h"

namespace brine::cli {

struct CommandLine {
  const Command* command = nullptr;  // null where help is asked for
  Arguments arguments;
  std::string help;
};

// `arguments` has at least one.  `flags` are the tool's own; those of the compiled program are added to them for each
// command that the program has too.  Errors name the word or flag, and what was probably meant.
absl::StatusOr<CommandLine> ReadCommandLine(absl::Span<char* const> arguments, absl::Span<const Command> commands,
                                            absl::Span<const base::Flag> flags);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_COMMAND_LINE_H_
