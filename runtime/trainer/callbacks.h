// Keras's callbacks, for FitOptions::callbacks, with Keras's arguments and defaults:
//
//   t.Fit(data.train, {.epochs = 100,
//                      .validation_data = &data.test,
//                      .callbacks = {brine::EarlyStopping({.patience = 5, .restore_best_weights = true}),
//                                    brine::ReduceLROnPlateau({.patience = 2}),
//                                    brine::CSVLogger("log.csv")}});
//
// What they have counted is part of each checkpoint, so that a resumed run makes the decisions of one that was not
// interrupted.  A callback that monitors throws Error (exit code 3) when Fit begins if the run has no result of that
// name.  The mode is "min" or "max", which says what is better, or "auto", which takes it from the program's tables,
// where every loss and every metric of Keras has it; for a metric of one's own it may be missing, which is a mistake.
#ifndef BRINE_RUNTIME_TRAINER_CALLBACKS_H_
#define BRINE_RUNTIME_TRAINER_CALLBACKS_H_

#include <limits>
#include <optional>
#include <string>

#include "runtime/trainer/trainer.h"

namespace brine {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;  // by which a result must be better than the best one to count as better
  int patience = 0;      // the number of epochs without a better result after which the run ends
  bool verbose = false;  // whether to say on stderr that the run ends, and which weights it ends with
  std::string mode = "auto";
  std::optional<double> baseline = {};  // if given, only results better than this one end the waiting
  bool restore_best_weights = false;    // whether the run ends with the weights of its best epoch
  int start_from_epoch = 0;             // earlier epochs are not watched
  // The file for the weights of the best epoch.  Without one, they are in early_stopping.safetensors in the folder of
  // checkpoints, or, if the run has none, in memory.
  std::string best_weights_file = {};
};
Callback EarlyStopping(const EarlyStoppingOptions& options = {});

// Multiplies the learning rate by `factor` after `patience` epochs without a better result.  Fit throws Error (exit
// code 3) if the learning rate cannot be set because it follows a schedule.
struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;  // below 1
  int patience = 10;
  bool verbose = false;  // whether to say the new rate on stderr
  std::string mode = "auto";
  double min_delta = 1e-4;
  int cooldown = 0;   // the number of epochs after a reduction that do not count as waiting
  double min_lr = 0;  // below which the rate is not reduced
};
Callback ReduceLROnPlateau(const ReduceLROnPlateauOptions& options = {});

// Saves the state after each epoch whose result is better than all before, as Keras's class with save_best_only.
struct ModelCheckpointOptions {
  std::string filepath = {};  // if empty, best.safetensors in the folder of checkpoints
  std::string monitor = "val_loss";
  std::string mode = "auto";
  std::optional<double> initial_value_threshold = {};  // if given, what the first saved result must be better than
};
Callback ModelCheckpoint(const ModelCheckpointOptions& options = {});

// Writes a line for each epoch: its number, counted from 0, and its results in alphabetical order.  A run that begins
// at a later epoch, such as one that is resumed, keeps the lines of the epochs before.
Callback CSVLogger(const std::string& filename, char separator = ',');

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_CALLBACKS_H_
