// Runs the standard training program within a test.
#ifndef BRINE_TESTS_RUNTIME_RUN_PROGRAM_H_
#define BRINE_TESTS_RUNTIME_RUN_PROGRAM_H_

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "runtime/trainer/main.h"

namespace brine::testing {

struct Result {
  int exit_code;
  std::string out, error;
};

// Runs the program, which is called softmax, with these words in the working folder.
inline Result RunProgram(const brine_program& program, const std::string& command_line) {
  std::vector<std::string> words = {"softmax"};
  std::istringstream stream(command_line);
  for (std::string word; stream >> word;) words.push_back(word);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Result result;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  result.exit_code = brine_trainer_main(&program, static_cast<int>(argv.size()), argv.data());
  result.out = ::testing::internal::GetCapturedStdout();
  result.error = ::testing::internal::GetCapturedStderr();
  return result;
}

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_RUN_PROGRAM_H_
