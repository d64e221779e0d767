// Reads the command line of the tool: a command, its words, and flags as `--flag value` or `--flag=value`.
#ifndef BRINE_FRONTEND_CLI_COMMAND_LINE_H_
#define BRINE_FRONTEND_CLI_COMMAND_LINE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "frontend/cli/arguments.h"
#include "frontend/cli/commands.h"

namespace brine::cli {

struct CommandLine {
  const Command* command = nullptr;  // null if the user asks for help
  Arguments arguments;
  std::string help;  // the help that the user asks for
};

// `arguments` must not be empty; the first one is the command.  An error names the word or flag, and the nearest one
// that is known.
absl::StatusOr<CommandLine> ReadCommandLine(absl::Span<char* const> arguments);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_COMMAND_LINE_H_
