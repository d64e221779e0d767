#include "runtime/trainer/commands.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>

#include "runtime/base/edit_distance.h"
#include "runtime/core/file.h"
#include "runtime/trainer/callbacks.h"
#include "runtime/trainer/checkpoints.h"
#include "runtime/trainer/class_names.h"
#include "runtime/trainer/confusion.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/fit_loop.h"
#include "runtime/trainer/interrupts.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/open_data.h"
#include "runtime/trainer/progress.h"
#include "runtime/trainer/run_folder.h"
#include "runtime/trainer/run_path.h"
#include "runtime/trainer/shapes.h"
#include "runtime/trainer/shared_facts.h"
#include "runtime/trainer/text.h"

namespace brine {
namespace {

void PrintLine(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void PrintTestResult(const Results& results, bool json) {
  NamedNumbers fields;
  for (const Result& result : results.all) fields.emplace_back("test_" + std::string(result.name), result.value);
  if (json) return PrintLine(JsonObject().Numbers(fields).text());
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
    ThrowError(kExitUsage, {"trained weights are missing: --weights FILE or --checkpoint DIR"});
}

// A callback that does what the command line asks for during training: sets the learning rate, prints results as JSON,
// and stops after a signal, of which it tells `interrupted`.
Callback TrainCallback(const CommandLine& line, bool& interrupted) {
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
  };
  callback.on_train_begin = [&line](Trainer& t, const EpochResult&) {
    if (line.seed_given && brine_seed(t.state()) != line.seed)
      ThrowError(kExitUsage, {"--seed is ", line.seed, ", but the run to resume has seed ", brine_seed(t.state())});
  };
  const auto stop = [&interrupted](Trainer& t) {
    if (!t.fit_loop()->is_interrupted()) return;
    interrupted = true;
    t.Stop();
  };
  callback.on_batch_end = [stop](Trainer& t, const EpochResult&) { stop(t); };
  callback.on_epoch_end = [&line, stop](Trainer& t, const EpochResult& result) {
    stop(t);  // the signal may have come during validation
    if (line.json && t.ranks().is_first()) PrintLine(ProgressJson(result));
  };
  return callback;
}

// The result by which the best epoch is found.
std::string MonitorOf(const CommandLine& line) { return line.monitor.empty() ? "val_loss" : line.monitor; }

// The callbacks of Keras that the command line asks for.
std::vector<Callback> KerasCallbacks(const CommandLine& line, bool validates) {
  const std::string monitor = MonitorOf(line);
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
  return WithAllNames(std::move(names), classes);
}

namespace {

// The number of the class with this name, or of which the text is the number.
int32_t FindClass(const std::string& text, const std::vector<std::string>& names) {
  const auto name = std::find(names.begin(), names.end(), text);
  if (name != names.end()) return static_cast<int32_t>(name - names.begin());
  const bool is_number = text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
  if (is_number) return std::stoi(text);
  const std::string closest(base::ClosestName(text, names.size(), [&](size_t index) { return names[index].c_str(); }));
  ThrowError(kExitUsage,
             {"--class-weights: there is no class ", text, (closest.empty() ? "" : "; did you mean " + closest + "?")});
}

ClassWeights WeightsOfClasses(const CommandLine& line, const std::vector<std::string>& names) {
  ClassWeights weights;
  for (const auto& [text, weight] : line.class_weights) {
    if (!weights.emplace(FindClass(text, names), weight).second)
      ThrowError(kExitUsage, {"--class-weights: class ", text, " is named twice"});
  }
  return weights;
}

// Adds the folder of the run to the command line, and its checkpoints.  Returns the folder if this has made it, and
// nothing if the user named one or wants none.
std::string AddRunFolder(CommandLine& line, const brine_program& program) {
  if (!WantsRun(line)) return {};
  const std::string made = line.run.empty() ? MakeRunFolder(program.name) : "";
  if (!made.empty()) line.run = made;
  if (line.checkpoint.empty()) line.checkpoint = CheckpointsOf(line.run);
  return made;
}

// Removes the folder of a run that did not begin, unless the user named it.
struct RemoveUnused {
  std::string folder;
  ~RemoveUnused() {
    if (!folder.empty()) RemoveUnusedRunFolder(folder);
  }
};

// The words of the command that the user typed, which the tool passes on.
std::vector<std::string> TypedCommand(const CommandLine& line) {
  const char* const typed = std::getenv(kCommandVariable);
  return typed == nullptr ? line.words : SplitCommand(typed);
}

// The values of --data in a command; "built-in images" if there are none.
std::string DataOf(const std::vector<std::string>& command) {
  constexpr std::string_view kFlag = "--data", kAssigned = "--data=";
  std::string data;
  for (size_t index = 0; index < command.size(); ++index) {
    const bool is_assigned = command[index].starts_with(kAssigned);
    if (!is_assigned && (command[index] != kFlag || index + 1 == command.size())) continue;
    data += (data.empty() ? "" : " ") + (is_assigned ? command[index].substr(kAssigned.size()) : command[index + 1]);
  }
  return data.empty() ? "built-in images" : data;
}

Callback RunFolderCallback(const Trainer& trainer, const CommandLine& line, const Splits& data,
                           bool tested_each_epoch) {
  const std::vector<std::string> command = TypedCommand(line);
  return RunFolder({.folder = line.run,
                    .resume = line.resume,
                    .command = command,
                    .data = DataOf(command),
                    .test_samples = tested_each_epoch ? 0 : data.test.size(),
                    .class_names = ClassNames(trainer, data.train, 0),  // without numbers for classes that lack names
                    .monitor = MonitorOf(line),
                    .learning_rate = line.learning_rate,
                    .threads = line.threads});
}

// Says what an interrupted run has left.
void PrintInterrupted(Trainer& trainer, const CommandLine& line) {
  const std::string step = std::to_string(brine_steps_done(trainer.state()));
  const std::string kept = line.checkpoint.empty() ? "no checkpoint was asked for"
                           : line.run.empty()      ? Concat({"--resume goes on from ", line.checkpoint})
                                              : Concat({line.checkpoint, "/step-", step, ".safetensors is kept, and ",
                                                        ResumeFlags(line.run, line.checkpoint), " goes on"});
  std::fprintf(stderr, "\ninterrupted after step %s; %s\n", step.c_str(), kept.c_str());
}

}  // namespace

int RunTrain(const brine_program& program, const brine_communicator* communicator, CommandLine line) {
  const Ranks ranks(communicator);
  if (ranks.several()) ranks.Compare(FactsOfFlags(line.words));
  if (line.accumulate == 1 && line.shards == 0) line.shards = ranks.size();
  Trainer trainer = ranks.Together(
      [&] { return Trainer(program, {.seed = line.seed, .threads = line.threads, .communicator = communicator}); });
  const Splits data = ranks.Together([&] { return OpenData(program, line); });
  ranks.Share(line.init);
  if (!line.init.empty()) trainer.LoadParameters(line.init);
  const RemoveUnused remove_unused{ranks.Together([&]() -> std::string {
    if (!ranks.is_first()) return {};
    if (char error[512]; !line.save.empty() && brine_check_writable(line.save.c_str(), error, sizeof(error)) != 0)
      ThrowError(kExitFailed, {error});
    return AddRunFolder(line, program);
  })};
  ranks.Share(line.run);
  ranks.Share(line.checkpoint);
  FitOptions options = {.epochs = line.epochs,
                        .batch_size = line.batch_size,
                        .gradient_accumulation_steps = line.accumulate,
                        .shards = line.shards,
                        .validation_split = line.validation_split,
                        .shuffle = line.shuffle,
                        .class_weight = {},
                        .callbacks = {},
                        .checkpoint = line.checkpoint,
                        .resume = line.resume,
                        .verbose = false};
  const bool validates = data.validation.size() > 0 && line.validation_split == 0;
  const bool tested_each_epoch = data.test.size() > 0 && line.validation_split == 0 && !validates;
  bool interrupted = false;
  ranks.Together([&] {
    options.class_weight = WeightsOfClasses(line, ClassNames(trainer, data.train, ClassCount(program)));
    if (validates) options.validation_data = &data.validation;
    if (tested_each_epoch) options.validation_data = &data.test;
    const ProgressForm progress = line.quiet ? ProgressForm::kNone : line.progress.value_or(ProgressForm::kAuto);
    options.callbacks = KerasCallbacks(line, options.validation_data != nullptr || line.validation_split > 0);
    // First, so that what other callbacks print at the end of an epoch follows its line.
    options.callbacks.insert(options.callbacks.begin(), ProgressCallback(line.epochs, progress));
    if (!line.run.empty()) options.callbacks.push_back(RunFolderCallback(trainer, line, data, tested_each_epoch));
    options.callbacks.push_back(TrainCallback(line, interrupted));
  });
  History history;
  {
    CatchInterrupts catch_interrupts;
    history = trainer.Fit(data.train, options);
  }
  if (!line.save.empty()) trainer.Save(line.save);
  const auto print = [&](const Results& results) {
    if (ranks.is_first()) PrintTestResult(results, line.json);
  };
  if (interrupted) {
    if (ranks.is_first()) PrintInterrupted(trainer, line);
  } else if (tested_each_epoch && !history.epochs.empty() && !line.restore_best_weights) {
    print(history.epochs.back().validation);
  } else if (data.test.size() > 0) {
    print(trainer.Evaluate(data.test, line.batch_size / std::max(line.shards, 1)));
  }
  // The tool, which passes the command on, prints a line of its own.
  if (!line.run.empty() && !line.quiet && ranks.is_first() && std::getenv(kCommandVariable) == nullptr) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", RunLine(line.run, line.checkpoint, /*has_report=*/false).c_str());
  }
  return interrupted ? kExitInterrupted : kExitOk;
}

int RunEvaluate(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.seed = line.seed, .threads = line.threads});
  LoadWeights(trainer, line);
  const Splits splits = OpenData(program, line);
  const Dataset data = WithClasses(HeldOut(splits), trainer.class_names());
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
