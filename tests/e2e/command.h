// Runs a program as a user would, and returns its output.
#ifndef BRINE_TESTS_E2E_COMMAND_H_
#define BRINE_TESTS_E2E_COMMAND_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace brine {

struct CommandResult {
  int code = -1;  // the exit code, or 128 + the number of the signal that ended it
  std::string out, err;
};

inline std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Runs `command` in a shell, where `brine` is the tool.  All tests share one cache of kernels.
inline CommandResult RunCommand(const std::string& command) {
  static int count = 0;
  const std::string base = testing::TempDir() + "/run" + std::to_string(getpid()) + "." + std::to_string(++count);
  const std::string path = BRINE_BINARY_DIR "/bin";
  const std::string line = "export CMAKE_GENERATOR=Ninja PATH='" + path +
                           "':\"$PATH\" BRINE_CACHE=\"${BRINE_CACHE:-" BRINE_BINARY_DIR "/cache}\"; { " + command +
                           "\n} >'" + base + ".out' 2>'" + base + ".err' </dev/null";
  const int status = std::system(line.c_str());
  CommandResult result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = ReadText(base + ".out");
  result.err = ReadText(base + ".err");
  std::remove((base + ".out").c_str());
  std::remove((base + ".err").c_str());
  return result;
}

}  // namespace brine

#endif  // BRINE_TESTS_E2E_COMMAND_H_
