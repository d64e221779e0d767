// The configuration of a run, as the text of a protobuf message.
#ifndef BRINE_RUNTIME_TRAINER_RUN_CONFIG_H_
#define BRINE_RUNTIME_TRAINER_RUN_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/trainer/trainer.h"

namespace brine {

struct RunConfig {
  std::vector<std::string> command;  // what the user typed, word by word
  int64_t batch_size = 0, accumulate = 1, epochs = 1;
  uint64_t seed = 0;
  int threads = 0;
  std::optional<double> learning_rate;  // empty if it was not given
  std::string data;                     // where the samples come from
  int64_t train_samples = 0, validation_samples = 0, test_samples = 0;
  std::vector<std::string> class_names;
  std::string monitor;
  EpochResult results;  // whose values do not matter: what each epoch computes
};

// The message brine.run.Config of frontend/cli/run.proto, with what is known of the program and of this machine, and
// with the present time as that of the start.
std::string ConfigText(const brine_program& program, const RunConfig& config);

// A field of that message, for the end of the text: that the run was resumed with this command after so many epochs.
std::string ResumedText(const RunConfig& config, int epochs_done);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_RUN_CONFIG_H_
