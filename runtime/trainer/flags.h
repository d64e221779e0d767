// Reads the command line of a compiled program, by the tables of runtime/base/flags.h.
#ifndef BRINE_RUNTIME_TRAINER_FLAGS_H_
#define BRINE_RUNTIME_TRAINER_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/flags.h"
#include "runtime/trainer/progress.h"

namespace brine {

using base::Command;
using enum base::Command;

// The command and the values of its flags.  A field has the name of its flag where no comment says otherwise.
struct CommandLine {
  Command command = kHelp;
  std::vector<std::string> words;                                       // all of it, as it was given
  using NamedFiles = std::vector<std::pair<std::string, std::string>>;  // names of inputs, and their .npy files
  // At most one of these two is not empty.
  std::string data;   // --data FOLDER
  NamedFiles arrays;  // --data NAME=FILE, once for each input
  std::string checkpoint, init, save, trace;
  // What to predict.  At most one of these three is set.
  std::string input;    // --input FILE, for the only input
  NamedFiles inputs;    // --input NAME=FILE, once for each input
  int64_t sample = -1;  // --input NUMBER, a sample of the test data; −1 if it was not given
  int top = 0;          // the number of classes to print; 0 for all
  int epochs = 1, steps = 100, warm_up = 200;
  int batch_size = 0;  // 0 for that of the program
  int accumulate = 1;
  int shards = 0;   // 0 for the number of processes, or that of --accumulate
  int threads = 0;  // 0 for all processors that the process may use
  uint64_t seed = 0;
  bool seed_given = false;  // whether --seed was given
  std::optional<double> learning_rate;
  std::vector<std::pair<std::string, double>> class_weights;  // by the number or the name of the class
  std::string monitor;                                        // empty if it was not given
  std::string mode = "auto";                                  // or "min" or "max"
  std::optional<int> early_stopping, reduce_lr_on_plateau;    // the patience
  bool restore_best_weights = false;
  std::string csv_log, run;
  bool no_run = false;
  std::optional<ProgressForm> progress;
  double validation_split = 0;
  bool shuffle = true, resume = false, json = false, quiet = false;
};

// Whether the command, which is to train, has a folder of its run: that of --run, or on a terminal a new one, unless it
// resumes a run without one.
bool WantsRun(const CommandLine& line);

// Flags are `--flag value` or `--flag=value`.  `predict` also takes the value of --input as a word.  Throws Error with
// kExitUsage if the command line is wrong; the sentence names the flag, and for an unknown one the nearest that exists.
CommandLine ParseCommandLine(int argc, const char* const* argv);

// What the command `help` prints.  `program` is the name of the program.
std::string HelpText(const std::string& program);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_FLAGS_H_
