// A run is a folder: what a training run leaves behind, for people and for programs.
//
//   config.pbtxt          how the run was started (run_config.h)
//   log.jsonl             a JSON object for each epoch, counted from 1: results, learning rate, time, norms (norms.h)
//   steps.csv             step, epoch, means of the results since the line before, learning rate; at most about 100
//                         lines an epoch; steps and epochs are counted from 1
//   metrics.csv           CSVLogger's (callbacks.h)
//   train/, validation/   events for TensorBoard (event_file.h), with Keras's tags: epoch_loss and so on at the number
//                         of the epoch, counted from 0, and batch_loss and so on at that of the step
//   evaluation.json       what is taken for what, and the worst samples (evaluation.h), of at most
//                         kEvaluatedEachEpoch samples of the validation data, and at the end of all of them
//   kernels.json          time and bounds of the kernels (kernel_times.h), and the bytes of each block of memory
//   summary.txt           the table of layers
//   model.ir.gz           the text of the graphs, packed by gzip
//   checkpoints/          what Fit writes if this is its folder of checkpoints
//
// Nothing of this changes the bits of the training.  A run that is resumed goes on with the files; lines and events
// that a killed process wrote after its last checkpoint are dropped.
#ifndef BRINE_RUNTIME_TRAINER_RUN_FOLDER_H_
#define BRINE_RUNTIME_TRAINER_RUN_FOLDER_H_

#include <optional>
#include <string>
#include <vector>

#include "runtime/trainer/trainer.h"

namespace brine {

// The number of samples that are predicted after each epoch: so many that each of ten classes has 200, and so few that
// it takes 1.3 % of an epoch of examples/cifar10_cnn on CIFAR-10.
inline constexpr int64_t kEvaluatedEachEpoch = 2000;

struct RunFolderOptions {
  std::string folder = {};                // created if it is missing
  bool resume = false;                    // whether the folder is that of an earlier run, which goes on
  std::vector<std::string> command = {};  // what the user typed, for config.pbtxt
  std::string data = {};                  // where the samples come from, for config.pbtxt
  int64_t test_samples = 0;               // of test data that the run does not validate on
  std::vector<std::string> class_names = {};
  std::string monitor = {};                  // the result by which the best epoch is found
  std::optional<double> learning_rate = {};  // if one was asked for
  int threads = 0;                           // of the trainer's pool; 0 as in TrainerOptions
};

// Writes the folder.  Fit throws Error when it begins if the folder has an earlier run that is not to be resumed, and
// later if a file cannot be written.
Callback RunFolder(const RunFolderOptions& options);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_RUN_FOLDER_H_
