#include "runtime/trainer/commands.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <utility>

#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/checkpoints.h"
#include "runtime/trainer/drawn_shapes.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/npy.h"
#include "runtime/trainer/readers.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

volatile std::sig_atomic_t interrupted = 0;

// While it lives, the first Ctrl-C (or SIGTERM) asks for an end after the current step; the next one ends the process
// as usual.
class CatchInterrupts {
 public:
  CatchInterrupts() {
    interrupted = 0;
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (size_t at = 0; at < std::size(kSignals); ++at) sigaction(kSignals[at], &action, &before_[at]);
  }
  ~CatchInterrupts() {
    for (size_t at = 0; at < std::size(kSignals); ++at) sigaction(kSignals[at], &before_[at], nullptr);
  }
  CatchInterrupts(const CatchInterrupts&) = delete;
  CatchInterrupts& operator=(const CatchInterrupts&) = delete;

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM};
  struct sigaction before_[2];
};

// {"epoch": 1, "loss": …}; what the model does not compute is left out.
void PrintJson(const std::vector<std::pair<std::string, double>>& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!std::isnan(value)) text += (text.empty() ? "{" : ", ") + JsonString(name) + ": " + JsonNumber(value);
  }
  std::printf("%s}\n", text.empty() ? "{" : text.c_str());
  std::fflush(stdout);
}

void PrintTestResult(const Metrics& result, bool json) {
  if (json) {
    PrintJson({{"test_loss", result.loss}, {"test_accuracy", result.accuracy}});
    return;
  }
  if (!std::isnan(result.loss)) std::printf("Test loss: %.4f\n", result.loss);
  if (!std::isnan(result.accuracy)) std::printf("Test accuracy: %.4f\n", result.accuracy);
}

Array TestSample(const Dataset& test, int64_t index) {
  if (index >= test.size())
    throw Error(kExitBadInput, "picture " + std::to_string(index) + " was asked for, the test data hold " +
                                   std::to_string(test.size()));
  const SampleType type = test.type();
  Array array;
  array.real = type.real;
  array.bytes.resize(type.real ? 0 : static_cast<size_t>(type.elements));
  array.reals.resize(type.real ? static_cast<size_t>(type.elements) : 0);
  std::vector<float> label(
      static_cast<size_t>(std::max<int64_t>(type.label_elements, 1)));  // large enough for an int32 as well
  const int64_t at = test.first() + index;
  test.source().Read({&at, 1}, type.real ? static_cast<void*>(array.reals.data()) : array.bytes.data(), label.data());
  return array;
}

}  // namespace

std::string JsonString(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    char escaped[8];
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) {
      quoted += c;
    } else {
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
      quoted += escaped;
    }
  }
  return quoted + "\"";
}

std::string JsonNumber(double number) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.9g", number);
  return std::isfinite(number) ? text : "null";
}

TrainTest OpenData(const brine_program& program, const CommandLine& line) {
  const PictureSize size = InputPicture(program);
  if (line.data.empty()) {
    if (size.height == 0)
      throw Error(kExitBadInput,
                  std::string("the built-in data are pictures, which ") + program.name + " does not take; use --data");
    return DrawShapes(size.height, size.width, size.channels, ClassCount(program), 0, program.backend);
  }
  TrainTest data = LoadFolder(line.data);
  if (size.height > 0) {
    data.train = data.train.EnlargedTo(size.height, size.width);
    data.test = data.test.EnlargedTo(size.height, size.width);
  }
  CheckSample(data.train.type().elements,
              OnlyInput(program.train.call_count > 0 ? program.train : program.predict, BRINE_DATA), line.data);
  return data;
}

void LoadWeights(Trainer& trainer, const CommandLine& line) {
  if (!line.init.empty())
    trainer.LoadParameters(line.init);
  else if (!line.checkpoint.empty())
    trainer.LoadParameters(NewestCheckpoint(line.checkpoint));
}

int RunTrain(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.seed = line.seed, .threads = line.threads});
  const TrainTest data = OpenData(program, line);
  if (!line.init.empty()) trainer.LoadParameters(line.init);
  FitOptions options = {.epochs = line.epochs,
                        .batch_size = line.batch_size,
                        .validation_split = line.validation_split,
                        .shuffle = line.shuffle,
                        .checkpoint = line.checkpoint,
                        .resume = line.resume,
                        .verbose = !line.quiet};
  Callback callback;
  // Done when the first epoch begins, since a resumed checkpoint brings its own seed and rate.
  callback.on_epoch_begin = [&, first = true](Trainer& t, const EpochResult&) mutable {
    if (!std::exchange(first, false)) return;
    if (line.learning_rate) t.set_learning_rate(*line.learning_rate);
    if (line.seed_given && brine_seed(t.state()) != line.seed) {
      throw Error(kExitUsage, "--seed is " + std::to_string(line.seed) + ", but the run to resume has seed " +
                                  std::to_string(brine_seed(t.state())));
    }
  };
  callback.on_batch_end = [](Trainer& t, const EpochResult&) {
    if (interrupted != 0) t.Stop();
  };
  callback.on_epoch_end = [&](Trainer& t, const EpochResult& result) {
    if (interrupted != 0) t.Stop();  // while it was validated
    if (!line.json) return;
    PrintJson({{"epoch", result.epoch + 1.0},
               {"loss", result.train.loss},
               {"accuracy", result.train.accuracy},
               {"val_loss", result.validation.loss},
               {"val_accuracy", result.validation.accuracy},
               {"seconds", result.seconds}});
  };
  options.callbacks.push_back(callback);
  const bool tested_each_epoch = data.test.size() > 0 && line.validation_split == 0;
  if (tested_each_epoch) options.validation_data = &data.test;
  History history;
  {
    CatchInterrupts catch_interrupts;
    history = trainer.Fit(data.train, options);
  }
  if (!line.save.empty()) trainer.Save(line.save);
  if (history.stopped) {
    const std::string kept =
        line.checkpoint.empty() ? "; no checkpoint was asked for" : "; --resume goes on from " + line.checkpoint;
    std::fprintf(stderr, "\ninterrupted after step %llu%s\n",
                 static_cast<unsigned long long>(brine_steps_done(trainer.state())), kept.c_str());
    return kExitInterrupted;
  }
  if (tested_each_epoch && !history.epochs.empty())
    PrintTestResult(history.epochs.back().validation, line.json);
  else if (data.test.size() > 0)
    PrintTestResult(trainer.Evaluate(data.test, line.batch_size), line.json);
  return kExitOk;
}

int RunEvaluate(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.seed = line.seed, .threads = line.threads});
  LoadWeights(trainer, line);
  const TrainTest data = OpenData(program, line);
  PrintTestResult(trainer.Evaluate(data.test, line.batch_size), line.json);
  return kExitOk;
}

namespace {

// One sample of the model's shape or several of them, or samples that are flat; axes of 1 do not count.
bool HasShapeOf(const Array& array, const brine_value& input) {
  std::vector<int64_t> have, want;
  for (int64_t extent : array.shape) {
    if (extent != 1) have.push_back(extent);
  }
  for (int axis = 1; axis < input.rank; ++axis) {
    if (input.dims[axis] != 1) want.push_back(input.dims[axis]);
  }
  if (have.size() > want.size() + 1) return false;
  if (have.size() >= want.size() &&
      std::equal(want.begin(), want.end(), have.end() - static_cast<std::ptrdiff_t>(want.size())))
    return true;
  return have.size() <= 1 || (have.size() == 2 && have[1] == RowElements(input));
}

// Mistakes are the file's, where there is one.
std::vector<float> PredictArray(Trainer& trainer, const brine_program& program, const Array& array,
                                const std::string& file) {
  try {
    const brine_value& input = OnlyInput(program.predict, BRINE_DATA);
    if (!HasShapeOf(array, input)) {
      std::string shape;
      for (int64_t extent : array.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(extent);
      throw Error(kExitBadInput,
                  "has shape (" + shape + "), the model's input " + input.name + " is " + ShapeText(input));
    }
    return trainer.Predict(array.samples());
  } catch (const Error& error) {
    if (file.empty() || error.code() != kExitBadInput) throw;
    throw Error(error.code(), file + ": " + error.what());
  }
}

}  // namespace

int RunPredict(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.threads = line.threads});
  LoadWeights(trainer, line);
  TrainTest data;
  if (!line.data.empty() || line.sample >= 0) data = OpenData(program, line);
  const Array array = line.sample >= 0 ? TestSample(data.test, line.sample) : ReadNpy(line.input);
  const std::vector<float> predictions = PredictArray(trainer, program, array, line.input);
  const auto classes = static_cast<size_t>(ClassCount(program));
  std::vector<std::string> names = data.test.class_names;
  for (const char* const* name = program.class_names; names.empty() && name != nullptr && *name != nullptr; ++name)
    names.push_back(*name);
  for (size_t at = names.size(); at < classes; ++at) names.push_back("class " + std::to_string(at));
  std::vector<size_t> order(classes);
  for (size_t sample = 0; sample * classes < predictions.size(); ++sample) {
    const float* const values = predictions.data() + sample * classes;
    for (size_t at = 0; at < classes; ++at) order[at] = at;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] > values[b]; });
    const std::string number_of_sample = std::to_string(line.sample >= 0 ? line.sample : static_cast<int64_t>(sample));
    std::string text = line.json ? "{\"sample\": " + number_of_sample + ", \"class\": " + JsonString(names[order[0]]) +
                                       ", \"probabilities\": {"
                                 : number_of_sample + ":";
    for (size_t at = 0; at < classes; ++at) {
      char number[40];
      std::snprintf(number, sizeof(number), "%.4f", static_cast<double>(values[order[at]]));
      text += line.json ? (at == 0 ? "" : ", ") + JsonString(names[order[at]]) + ": " + JsonNumber(values[order[at]])
                        : std::string(at == 0 ? " " : ", ") + names[order[at]] + " " + number;
    }
    std::printf("%s%s\n", text.c_str(), line.json ? "}}" : "");
  }
  return kExitOk;
}

}  // namespace brine
