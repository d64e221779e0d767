#include "runtime/trainer/commands.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <memory>
#include <numeric>
#include <span>
#include <utility>

#include "runtime/base/edit_distance.h"
#include "runtime/core/file.h"
#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/callbacks.h"
#include "runtime/trainer/checkpoints.h"
#include "runtime/trainer/confusion.h"
#include "runtime/trainer/drawn_shapes.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/npy.h"
#include "runtime/trainer/readers.h"
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

// Whether the array is one sample or several in the shape of the input, or flat ones.  Axes of extent 1 are ignored.
bool HasShapeOf(const Array& array, const brine_value& input) {
  std::vector<int64_t> given, expected;
  for (int64_t extent : array.shape) {
    if (extent != 1) given.push_back(extent);
  }
  for (int axis = 1; axis < input.rank; ++axis) {
    if (input.dims[axis] != 1) expected.push_back(input.dims[axis]);
  }
  if (given.size() > expected.size() + 1) return false;
  if (given.size() >= expected.size() &&
      std::equal(expected.begin(), expected.end(), given.end() - static_cast<std::ptrdiff_t>(expected.size())))
    return true;
  return given.size() <= 1 || (given.size() == 2 && given[1] == RowElements(input));
}

void CheckShape(const Array& array, const brine_value& input, const std::string& file) {
  if (HasShapeOf(array, input)) return;
  std::string shape;
  for (int64_t extent : array.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(extent);
  throw Error(kExitBadInput,
              file + ": has shape (" + shape + "), the model's input " + input.name + " is " + ShapeText(input));
}

// The value of the data input or label of this name, in any function.  Null if there is none, and for a label of
// classes, whose array need not have the shape of the value.
const brine_value* FindDataValue(const brine_program& program, const std::string& name) {
  for (int32_t index = 0; index < program.function_count; ++index) {
    const brine_input* const input = brine_find_input(&program.functions[index], name.c_str());
    if (input != nullptr && input->classes == 0) return &program.functions[index].values[input->value];
  }
  return nullptr;
}

// The samples of several files, one for each input or label.  The first axis of each array counts the samples.
Dataset OpenArrays(const brine_program& program, const CommandLine::NamedFiles& files) {
  const auto arrays = std::make_shared<std::vector<Array>>();
  std::vector<NamedArray> named;
  for (const auto& [name, file] : files) {
    arrays->push_back(ReadNpy(file));
    const Array& array = arrays->back();
    if (array.shape.empty()) throw Error(kExitBadInput, file + ": holds a number, not an array of samples");
    if (const brine_value* value = FindDataValue(program, name); value != nullptr) CheckShape(array, *value, file);
    named.push_back({name, array.shape[0], {}});
  }
  for (size_t index = 0; index < named.size(); ++index) named[index].elements = (*arrays)[index].elements();
  return Dataset(std::move(named), arrays);
}

// Throws Error if the samples of a file do not fit the only data input of the program.
void CheckSamples(const brine_program& program, const Dataset& data, const std::string& file) {
  if (data.fields().empty() || !data.fields()[0].name.empty())
    return;  // fields with names are checked as they are read
  const brine_function& function = program.functions[0];
  for (const brine_input* input : FedInputs(function)) {
    if (input->source == BRINE_DATA) CheckSample(data.fields()[0].elements, function.values[input->value], file);
  }
}

// The data of --data, enlarged to the size of the images that the program takes.
Splits OpenMapped(const brine_program& program, const std::string& path) {
  const ImageSize size = InputImage(program);
  Splits data = LoadMapped(path);
  for (Dataset* part : {&data.train, &data.validation, &data.test}) {
    if (size.height > 0) *part = part->EnlargedTo(size.height, size.width);
    CheckSamples(program, *part, path);
  }
  return data;
}

// The data to evaluate: those for tests, or else those for validation.
const Dataset& HeldOut(const Splits& data) { return data.test.size() > 0 ? data.test : data.validation; }

}  // namespace

Splits OpenData(const brine_program& program, const CommandLine& line) {
  if (!line.arrays.empty()) {
    const Dataset data = OpenArrays(program, line.arrays);
    const bool trains = line.command == kTrain || line.command == kBench;
    return trains ? Splits{.train = data} : Splits{.test = data};
  }
  const ImageSize size = InputImage(program);
  if (line.data.empty()) {
    if (size.height == 0)
      throw Error(kExitBadInput, std::string("the built-in data are images, which ") + program.name +
                                     " does not take; use --data NAME=FILE for each of " + FedNames(program));
    return DrawShapes(size.height, size.width, size.channels, ClassCount(program), 0, program.backend);
  }
  Splits data = OpenMapped(program, line.data);
  if ((line.command == kTrain || line.command == kBench) && data.train.size() == 0)
    throw Error(kExitBadInput, line.data + ": has no training data");
  if (line.command == kEvaluate && HeldOut(data).size() == 0)
    throw Error(kExitBadInput, line.data + ": has neither test nor validation data");
  return data;
}

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

namespace {

// The names of the classes of an output: those of the data, or else those of the program, and numbers where both lack
// names.
std::vector<std::string> ClassNames(const brine_program& program, const Dataset& data, int64_t classes) {
  std::vector<std::string> names = data.class_names;
  for (const char* const* name = program.class_names; names.empty() && name != nullptr && *name != nullptr; ++name)
    names.push_back(*name);
  for (auto index = static_cast<int64_t>(names.size()); index < classes; ++index)
    names.push_back("class " + std::to_string(index));
  return names;
}

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
                        .class_weight = WeightsOfClasses(line, ClassNames(program, data.train, ClassCount(program))),
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
    const std::vector<std::string> names = ClassNames(program, data, matrix.classes);
    const bool several = FunctionOf(program, "predict").output_count > 1;
    if (line.json)
      std::printf("%s\n", ConfusionJson(matrix, names).c_str());
    else
      std::printf("\n%s%s", several ? (std::string(matrix.output) + ":\n").c_str() : "",
                  ConfusionTable(matrix, names).c_str());
  }
  return kExitOk;
}

namespace {

// The samples of a file, for a model with one input.
Dataset OpenOnlyInput(const brine_program& program, const std::string& file) {
  const brine_function& function = FunctionOf(program, "predict");
  const std::vector<const brine_input*> inputs = FedInputs(function);
  if (inputs.size() != 1)
    throw Error(kExitUsage,
                std::string(program.name) + " takes several inputs; give NAME=FILE for each of " + FedNames(function));
  const auto array = std::make_shared<Array>(ReadNpy(file));
  const brine_value& input = function.values[inputs[0]->value];
  CheckShape(*array, input, file);
  const auto total = static_cast<int64_t>(std::visit([](auto span) { return span.size(); }, array->elements()));
  if (total % RowElements(input) != 0)
    throw Error(kExitBadInput, file + ": " + std::to_string(total) + " elements are no whole number of samples of " +
                                   std::to_string(RowElements(input)));
  return Dataset({{"", total / RowElements(input), array->elements()}}, array);
}

// Predicts the samples.  If they come from a file, an error about the samples names it.
std::vector<Prediction> PredictSamples(Trainer& trainer, const Dataset& samples, const std::string& file) {
  try {
    return trainer.Predict(samples);
  } catch (const Error& error) {
    if (file.empty() || error.code() != kExitBadInput) throw;
    throw Error(error.code(), file + ": " + error.what());
  }
}

// The samples that the command line names, and the names of the classes, if the data have them.
Dataset OpenSamples(const brine_program& program, const CommandLine& line) {
  Splits splits;
  if (!line.data.empty() || !line.arrays.empty() || line.sample >= 0) splits = OpenData(program, line);
  const Dataset& data = HeldOut(splits);
  Dataset samples;
  if (line.sample >= data.size() && line.sample >= 0)
    throw Error(kExitBadInput, "image " + std::to_string(line.sample) + " was asked for, the test data hold " +
                                   std::to_string(data.size()));
  if (line.sample >= 0)
    samples = data.Slice(line.sample, 1);
  else if (!line.inputs.empty())
    samples = OpenArrays(program, line.inputs);
  else
    samples = OpenOnlyInput(program, line.input);
  if (!data.class_names.empty()) samples.class_names = data.class_names;
  return samples;
}

// The classes in descending order of probability: "ship 0.9341, plane 0.0214", or as JSON
// `"class": "ship", "probabilities": {"ship": 0.9341, …}`.
std::string ClassesText(std::span<const float> row, const std::vector<std::string>& names, bool json) {
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return row[a] > row[b]; });
  std::string text;
  for (size_t index : order) {
    char number[40];
    std::snprintf(number, sizeof(number), "%.4f", static_cast<double>(row[index]));
    text += text.empty() ? "" : ", ";
    text += json ? JsonString(names[index]) + ": " + JsonNumber(row[index]) : names[index] + " " + number;
  }
  return json ? "\"class\": " + JsonString(names[order[0]]) + ", \"probabilities\": {" + text + "}" : text;
}

// The numbers of a row: "0.9341, 2.1", or as JSON `"values": [0.9341, 2.1]`.
std::string NumbersText(std::span<const float> row, bool json) {
  std::string text;
  for (const float number : row) text += (text.empty() ? "" : ", ") + JsonNumber(number);
  return json ? "\"values\": [" + text + "]" : text;
}

}  // namespace

int RunPredict(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.threads = line.threads});
  LoadWeights(trainer, line);
  const Dataset samples = OpenSamples(program, line);
  const std::vector<Prediction> predictions = PredictSamples(trainer, samples, line.input);
  const bool several = predictions.size() > 1;
  for (int64_t sample = 0; sample < samples.size(); ++sample) {
    const std::string number = std::to_string(line.sample >= 0 ? line.sample : sample);
    for (const Prediction& prediction : predictions) {
      const std::span<const float> values(prediction.values);
      const auto columns = static_cast<size_t>(prediction.columns);
      const std::span<const float> row = values.subspan(static_cast<size_t>(sample) * columns, columns);
      const std::string name(prediction.name);
      const std::string text = prediction.classes == prediction.columns
                                   ? ClassesText(row, ClassNames(program, samples, prediction.classes), line.json)
                                   : NumbersText(row, line.json);
      if (line.json)
        std::printf("{\"sample\": %s, %s%s}\n", number.c_str(),
                    several ? ("\"output\": " + JsonString(name) + ", ").c_str() : "", text.c_str());
      else
        std::printf("%s%s: %s\n", number.c_str(), several ? (" " + name).c_str() : "", text.c_str());
    }
  }
  return kExitOk;
}

}  // namespace brine
