#include "runtime/trainer/commands.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <memory>
#include <span>
#include <utility>

#include "runtime/base/edit_distance.h"
#include "runtime/core/file.h"
#include "runtime/trainer/callbacks.h"
#include "runtime/trainer/checkpoints.h"
#include "runtime/trainer/confusion.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/open_data.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

volatile std::sig_atomic_t interrupted = 0;  // whether a signal asks for the end of training

// While an object of this class lives, the first SIGINT (Ctrl-C) or SIGTERM sets `interrupted`, so that training ends
// after the current step.  The next one ends the process as usual.
class CatchInterrupts {
 public:
  CatchInterrupts() {
    interrupted = 0;
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (size_t index = 0; index < std::size(kSignals); ++index) sigaction(kSignals[index], &action, &before_[index]);
  }
  ~CatchInterrupts() {
    for (size_t index = 0; index < std::size(kSignals); ++index) sigaction(kSignals[index], &before_[index], nullptr);
  }
  CatchInterrupts(const CatchInterrupts&) = delete;
  CatchInterrupts& operator=(const CatchInterrupts&) = delete;

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM};
  struct sigaction before_[2];
};

// Prints {"epoch": 1, "loss": …}.
void PrintJson(const NamedNumbers& fields) {
  std::printf("%s\n", JsonObject(fields).c_str());
  std::fflush(stdout);
}

void Append(const std::string& prefix, const Results& results, NamedNumbers& fields) {
  for (const Result& result : results.all) fields.emplace_back(prefix + std::string(result.name), result.value);
}

void PrintTestResult(const Results& results, bool json) {
  NamedNumbers fields;
  Append("test_", results, fields);
  if (json) return PrintJson(fields);
  for (const Result& result : results.all) {
    if (!std::isnan(result.value))
      std::printf("Test %.*s: %.4f\n", static_cast<int>(result.name.size()), result.name.data(), result.value);
  }
}

}  // namespace

void LoadWeights(Trainer& trainer, const CommandLine& line) {
  if (!line.init.empty()) return trainer.LoadParameters(line.init);
  if (!line.checkpoint.empty()) return trainer.LoadParameters(NewestCheckpoint(line.checkpoint));
  const brine_program& program = trainer.program();
  const std::span variables(program.variables, static_cast<size_t>(program.variable_count));
  const bool has_weights = std::any_of(variables.begin(), variables.end(),
                                       [](const brine_variable& variable) { return variable.role != BRINE_ROLE_SLOT; });
  if (has_weights && line.command != kBench)
    throw Error(kExitUsage, "trained weights are missing: --weights FILE or --checkpoint DIR");
}

// A callback that does what the command line asks for during training: sets the learning rate, prints results as JSON,
// and stops after a signal.
Callback TrainCallback(const CommandLine& line) {
  Callback callback;
  // A run that is resumed with the --learning-rate of its beginning keeps the rate that it has reached.
  const auto rate = std::make_shared<std::optional<double>>(line.learning_rate);
  callback.name = "--learning-rate";
  callback.numbers = [rate = line.learning_rate] { return rate ? std::vector{*rate} : std::vector<double>(); };
  callback.on_resume = [rate](Trainer&, const std::vector<double>& numbers) {
    if (numbers.size() == 1 && *rate == numbers[0]) rate->reset();
  };
  // The rate is set when the first epoch begins, since resuming replaces seed and rate by those of the checkpoint.
  callback.on_epoch_begin = [&line, rate, first = true](Trainer& t, const EpochResult&) mutable {
    if (!std::exchange(first, false)) return;
    if (*rate) t.set_learning_rate(**rate);
    if (line.seed_given && brine_seed(t.state()) != line.seed) {
      throw Error(kExitUsage, "--seed is " + std::to_string(line.seed) + ", but the run to resume has seed " +
                                  std::to_string(brine_seed(t.state())));
    }
  };
  callback.on_batch_end = [](Trainer& t, const EpochResult&) {
    if (interrupted != 0) t.Stop();
  };
  callback.on_epoch_end = [&line](Trainer& t, const EpochResult& result) {
    if (interrupted != 0) t.Stop();  // the signal may have come during validation
    if (!line.json) return;
    NamedNumbers fields = {{"epoch", result.epoch + 1.0}};
    Append("", result.train, fields);
    Append("val_", result.validation, fields);
    fields.emplace_back("seconds", result.seconds);
    PrintJson(fields);
  };
  return callback;
}

// The callbacks of Keras that the command line asks for.
std::vector<Callback> KerasCallbacks(const CommandLine& line, bool validates) {
  const std::string monitor = line.monitor.empty() ? "val_loss" : line.monitor;
  std::vector<Callback> callbacks;
  const bool restores = line.early_stopping && line.restore_best_weights;
  if (line.early_stopping)
    callbacks.push_back(EarlyStopping({.monitor = monitor,
                                       .patience = *line.early_stopping,
                                       .verbose = !line.quiet,
                                       .mode = line.mode,
                                       .restore_best_weights = restores,
                                       .best_weights_file = line.checkpoint.empty() ? "" : BestFile(line.checkpoint)}));
  if (line.reduce_lr_on_plateau)
    callbacks.push_back(ReduceLROnPlateau(
        {.monitor = monitor, .patience = *line.reduce_lr_on_plateau, .verbose = !line.quiet, .mode = line.mode}));
  // Where early stopping keeps the best weights, it writes the same file.
  if (!line.checkpoint.empty() && !restores && (validates || !line.monitor.empty()))
    callbacks.push_back(ModelCheckpoint({.monitor = monitor, .mode = line.mode}));
  if (!line.csv_log.empty()) callbacks.push_back(CSVLogger(line.csv_log));
  return callbacks;
}

std::vector<std::string> ClassNames(const Trainer& trainer, const Dataset& data, int64_t classes) {
  std::vector<std::string> names = data.class_names.empty() ? trainer.class_names() : data.class_names;
  const char* const* const compiled = trainer.program().class_names;
  for (const char* const* name = compiled; names.empty() && name != nullptr && *name != nullptr; ++name)
    names.push_back(*name);
  for (auto index = static_cast<int64_t>(names.size()); index < classes; ++index)
    names.push_back("class " + std::to_string(index));
  return names;
}

namespace {

// The number of the class with this name, or of which the text is the number.
int32_t FindClass(const std::string& text, const std::vector<std::string>& names) {
  const auto name = std::find(names.begin(), names.end(), text);
  if (name != names.end()) return static_cast<int32_t>(name - names.begin());
  const bool is_number = text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
  if (is_number) return std::stoi(text);
  const std::string closest(base::ClosestName(text, names.size(), [&](size_t index) { return names[index].c_str(); }));
  throw Error(kExitUsage, "--class-weights: there is no class " + text +
                              (closest.empty() ? "" : "; did you mean " + closest + "?"));
}

ClassWeights WeightsOfClasses(const CommandLine& line, const std::vector<std::string>& names) {
  ClassWeights weights;
  for (const auto& [text, weight] : line.class_weights) {
    if (!weights.emplace(FindClass(text, names), weight).second)
      throw Error(kExitUsage, "--class-weights: class " + text + " is named twice");
  }
  return weights;
}

}  // namespace

int RunTrain(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.seed = line.seed, .threads = line.threads});
  const Splits data = OpenData(program, line);
  if (!line.init.empty()) trainer.LoadParameters(line.init);
  FitOptions options = {.epochs = line.epochs,
                        .batch_size = line.batch_size,
                        .gradient_accumulation_steps = line.accumulate,
                        .validation_split = line.validation_split,
                        .shuffle = line.shuffle,
                        .class_weight = WeightsOfClasses(line, ClassNames(trainer, data.train, ClassCount(program))),
                        .callbacks = {},
                        .checkpoint = line.checkpoint,
                        .resume = line.resume,
                        .verbose = !line.quiet};
  if (char error[512]; !line.save.empty() && brine_check_writable(line.save.c_str(), error, sizeof(error)) != 0)
    throw Error(kExitFailed, error);
  const bool validates = data.validation.size() > 0 && line.validation_split == 0;
  const bool tested_each_epoch = data.test.size() > 0 && line.validation_split == 0 && !validates;
  if (validates) options.validation_data = &data.validation;
  if (tested_each_epoch) options.validation_data = &data.test;
  options.callbacks = KerasCallbacks(line, options.validation_data != nullptr || line.validation_split > 0);
  options.callbacks.push_back(TrainCallback(line));
  History history;
  {
    CatchInterrupts catch_interrupts;
    history = trainer.Fit(data.train, options);
  }
  if (!line.save.empty()) trainer.Save(line.save);
  if (history.stopped && interrupted != 0) {
    const std::string kept =
        line.checkpoint.empty() ? "; no checkpoint was asked for" : "; --resume goes on from " + line.checkpoint;
    std::fprintf(stderr, "\ninterrupted after step %llu%s\n",
                 static_cast<unsigned long long>(brine_steps_done(trainer.state())), kept.c_str());
    return kExitInterrupted;
  }
  if (tested_each_epoch && !history.epochs.empty() && !line.restore_best_weights)
    PrintTestResult(history.epochs.back().validation, line.json);
  else if (data.test.size() > 0)
    PrintTestResult(trainer.Evaluate(data.test, line.batch_size), line.json);
  return kExitOk;
}

int RunEvaluate(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.seed = line.seed, .threads = line.threads});
  LoadWeights(trainer, line);
  const Splits splits = OpenData(program, line);
  const Dataset& data = HeldOut(splits);
  PrintTestResult(trainer.Evaluate(data, line.batch_size), line.json);
  for (const ConfusionMatrix& matrix :
       CountConfusions(trainer, data, line.json ? kMaxJsonClasses : kMaxPrintedClasses)) {
    const std::vector<std::string> names = ClassNames(trainer, data, matrix.classes);
    const bool several = FunctionOf(program, "predict").output_count > 1;
    if (line.json)
      std::printf("%s\n", ConfusionJson(matrix, names).c_str());
    else
      std::printf("\n%s%s", several ? (std::string(matrix.output) + ":\n").c_str() : "",
                  ConfusionTable(matrix, names).c_str());
  }
  return kExitOk;
}

}  // namespace brine
