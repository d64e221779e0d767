// Runs a command on a terminal, as a person does.
#ifndef BRINE_TESTS_E2E_TERMINAL_H_
#define BRINE_TESTS_E2E_TERMINAL_H_

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

namespace brine {

struct TerminalResult {
  int code = -1;       // the exit code, or 128 + the number of the signal that ended the command
  std::string output;  // of standard output and standard error
};

// Runs `command` in a shell on a new terminal with so many columns, with the tool and the cache of RunCommand.  After
// each piece of output, `react` gets all of it so far and the terminal, into which it may type.
inline TerminalResult RunOnTerminal(const std::string& command, int columns,
                                    const std::function<void(const std::string&, int)>& react = {}) {
  winsize size = {};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(columns);
  int terminal = -1;
  const std::string line = "export PATH='" BRINE_BINARY_DIR
                           "/bin':\"$PATH\" BRINE_CACHE=\"${BRINE_CACHE:-" BRINE_BINARY_DIR
                           "/cache}\" LC_ALL=C.UTF-8 TERM=xterm; " +
                           command;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    _exit(127);
  }
  TerminalResult result;
  char bytes[4096];
  for (ssize_t count; (count = read(terminal, bytes, sizeof(bytes))) > 0;) {
    result.output.append(bytes, static_cast<size_t>(count));
    if (react) react(result.output, terminal);
  }
  int status = 0;
  waitpid(child, &status, 0);
  close(terminal);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace brine

#endif  // BRINE_TESTS_E2E_TERMINAL_H_
