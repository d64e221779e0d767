// The command line of a compiled program, read after the tables of runtime/base/flags.h.
#ifndef BRINE_RUNTIME_TRAINER_FLAGS_H_
#define BRINE_RUNTIME_TRAINER_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/flags.h"

namespace brine {

using base::Command;
using enum base::Command;

// What was asked for; each field is a flag of the same name.
struct CommandLine {
  Command command = kHelp;
  using NamedFiles = std::vector<std::pair<std::string, std::string>>;  // inputs and their .npy files
  std::string data;                                                     // a folder …
  NamedFiles arrays;                                                    // … or a file an input: --data NAME=FILE
  std::string checkpoint, init, save, trace;
  std::string input;                                         // of predict: a .npy file for the only input …
  NamedFiles inputs;                                         // … or a file an input …
  int64_t sample = -1;                                       // … or the number of a test sample
  int epochs = 1, batch_size = 0, threads = 0, steps = 100;  // 0: the program's, the machine's
  uint64_t seed = 0;
  bool seed_given = false;
  std::optional<double> learning_rate;
  double validation_split = 0;
  bool shuffle = true, resume = false, json = false, quiet = false;
};

// `predict` also takes its input as a word: FILE.npy, NAME=FILE.npy, or the number of a test sample.  Flags are `--flag
// value` or `--flag=value`.  Throws Error (kExitUsage) with a sentence that names the flag, and what was probably
// meant.
CommandLine ParseCommandLine(int argc, const char* const* argv);

// What `help` prints; `program` is the name it was called by.
std::string HelpText(const std::string& program);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_FLAGS_H_
