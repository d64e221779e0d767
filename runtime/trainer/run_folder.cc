#include "runtime/trainer/run_folder.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "runtime/core/cpu.h"
#include "runtime/trainer/appended_file.h"
#include "runtime/trainer/callbacks.h"
#include "runtime/trainer/evaluation.h"
#include "runtime/trainer/event_file.h"
#include "runtime/trainer/fit_loop.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/kernel_times.h"
#include "runtime/trainer/machine_rates.h"
#include "runtime/trainer/norms.h"
#include "runtime/trainer/run_config.h"
#include "runtime/trainer/step_means.h"
#include "runtime/trainer/text.h"

namespace brine {
namespace {

constexpr int64_t kRowsAnEpoch = 100;  // of steps.csv
// After some training, ReLUs have more zeros than with initial weights, on which the times of kernels depend.
constexpr int64_t kStepsBeforeTimes = 200, kTimedSteps = 20;

// The number at the beginning of a line of `text`, which follows `prefix`; −1 if there is none.
int64_t NumberAfter(std::string_view prefix, std::string_view text) {
  int64_t number = -1;
  if (text.starts_with(prefix)) std::from_chars(text.data() + prefix.size(), text.data() + text.size(), number);
  return number;
}

NamedNumbers Fields(std::string_view prefix, const Results& results) {
  NamedNumbers fields;
  for (const Result& result : results.all) fields.emplace_back(Concat({prefix, result.name}), result.value);
  return fields;
}

// "3,1,0.25,…"
std::string CsvLine(const NamedNumbers& fields) {
  std::string line;
  for (const auto& [name, value] : fields) line += Concat({line.empty() ? "" : ",", ShortestText(value)});
  return line + '\n';
}

// Measures the kernels during some steps of the first epoch.
class KernelMeasurement {
 public:
  // Chooses the steps, all of which have as many rows if there are several.
  void BeginEpoch(Trainer& trainer, const EpochResult& result) {
    const int64_t most = std::max<int64_t>(result.batches - result.batch - 1, 1);  // the last batch may be smaller
    const int64_t steps = std::min(kTimedSteps, most);
    first_ = result.batch + std::min(kStepsBeforeTimes, most - steps);
    end_ = first_ + steps;
    EndStep(trainer, result);
  }
  void EndStep(Trainer& trainer, const EpochResult& result) {
    if (result.batch == first_) {
      const FitLoop& loop = *trainer.fit_loop();
      rows_ = static_cast<int32_t>(std::min(loop.batch_size(), loop.train_data().size()));
      timer_ = std::make_unique<KernelTimer>(trainer.state(), rows_);
    }
    if (result.batch == end_ && timer_ != nullptr) {
      times_ = timer_->times();
      timer_.reset();
    }
  }
  // What was measured, once.  Empty if there is nothing, or nothing new.
  std::string TakeJson(const brine_program& program, int threads) {
    Stop();
    if (times_.empty()) return {};
    JsonObject object;
    object.Whole("batch_size", rows_).Whole("threads", threads);
    object.Whole("arena_bound_bytes", program.arena_bound_bytes).Json("block_bytes", BlocksJson(program));
    AddKernels(times_, MeasureRates(threads, Effort::kQuick), threads, object);
    times_.clear();
    return object.text() + '\n';
  }
  // Ends a measurement that runs.  The state of the trainer must still exist.
  void Stop() { timer_.reset(); }

 private:
  int64_t first_ = -1, end_ = -1;
  int32_t rows_ = 0;
  std::unique_ptr<KernelTimer> timer_;
  std::vector<KernelTime> times_;
};

class Writer {
 public:
  explicit Writer(const RunFolderOptions& options) : options_(options), csv_(CSVLogger(PathOf("metrics.csv"))) {}

  void Begin(Trainer& trainer, const EpochResult& names) {
    const brine_program& program = trainer.program();
    MakeFolder(options_.folder);
    WriteConfig(trainer, names);
    WriteWhole(PathOf("summary.txt"), program.summary == nullptr ? "" : program.summary);
    WriteWhole(PathOf("model.ir.gz"),
               {reinterpret_cast<const char*>(program.graph), static_cast<size_t>(program.graph_bytes)});
    csv_.on_train_begin(trainer, names);
    const auto steps = static_cast<int64_t>(brine_steps_done(trainer.state()));
    BeginLines(PathOf("log.jsonl"), "", [&](std::string_view line) {
      const int64_t epoch = NumberAfter("{\"epoch\": ", line);
      return epoch > 0 && epoch <= names.epoch;
    });
    std::string header = "step,epoch";
    for (const Result& result : names.train.all) header += Concat({",", result.name});
    BeginLines(PathOf("steps.csv"), header + ",learning_rate\n", [&](std::string_view line) {
      const int64_t step = NumberAfter("", line);
      return step > 0 && step <= steps;
    });
    const auto keep = [&](std::string_view tag, int64_t step) {
      return tag.starts_with("batch_") ? step <= steps : step < names.epoch;
    };
    train_events_ = std::make_unique<EventFile>(PathOf("train"), keep);
    if (!names.validation.all.empty()) validation_events_ = std::make_unique<EventFile>(PathOf("validation"), keep);
    measures_kernels_ = true;
    row_begin_.clear();
    means_.reset();
  }

  void BeginEpoch(Trainer& trainer, const EpochResult& result) {
    const ResultSums& sums = trainer.fit_loop()->sums();
    steps_a_row_ = (result.batches + kRowsAnEpoch - 1) / kRowsAnEpoch;
    means_ = std::make_unique<StepMeans>(sums);
    means_->SetBegin(std::exchange(row_begin_, {}));
    rows_before_ = sums.rows;
    complete_epoch_ = 0;
    if (measures_kernels_) kernels_.BeginEpoch(trainer, result);
  }

  void EndStep(Trainer& trainer, const EpochResult& result) {
    if (measures_kernels_) kernels_.EndStep(trainer, result);
    if (result.batch % steps_a_row_ != 0 && result.batch != result.batches) return;
    const auto step = static_cast<int64_t>(brine_steps_done(trainer.state()));
    const Results& means = means_->Take(trainer.fit_loop()->sums());
    rate_ = LastLearningRate(trainer);
    NamedNumbers row = {{"step", static_cast<double>(step)}, {"epoch", result.epoch + 1.0}};
    for (const auto& field : Fields("", means)) row.push_back(field);
    row.emplace_back("learning_rate", rate_);
    Append(PathOf("steps.csv"), CsvLine(row));
    train_events_->Add(step, WithRate("batch_", means));
    training_seconds_ = result.seconds;
  }

  void EndEpoch(Trainer& trainer, const EpochResult& result) {
    const auto rows = static_cast<double>(trainer.fit_loop()->sums().rows - rows_before_);
    csv_.on_epoch_end(trainer, result);
    train_events_->Add(result.epoch, WithRate("epoch_", result.train));
    if (validation_events_ != nullptr) validation_events_->Add(result.epoch, Fields("epoch_", result.validation));
    if (measures_kernels_) WriteKernels(trainer.program());
    complete_epoch_ = result.epoch + 1;
    if (validation_events_ != nullptr) WriteEvaluation(trainer, kEvaluatedEachEpoch);
    JsonObject line;
    line.Whole("epoch", result.epoch + 1).Whole("step", static_cast<int64_t>(brine_steps_done(trainer.state())));
    line.Numbers(Fields("", result.train)).Numbers(Fields("val_", result.validation));
    line.Numbers({{"learning_rate", rate_}, {"seconds", result.seconds}});
    line.Number("samples_per_second", rows / training_seconds_);
    if (trainer.ranks().several())
      line.Numbers(
          {{"communication_seconds", result.communication_seconds}, {"waiting_seconds", result.waiting_seconds}});
    line.Json("weight_norm", JsonObject().Numbers(Norms(trainer, BRINE_PARAMETERS)).text());
    line.Json("gradient_norm", JsonObject().Numbers(Norms(trainer, BRINE_GRADIENTS)).text());
    // The last of the files: who watches the log finds the others complete.
    Append(PathOf("log.jsonl"), line.text() + '\n');
  }

  void End(Trainer& trainer) {
    const bool is_partial =
        validation_events_ != nullptr && trainer.fit_loop()->validation_data().size() > kEvaluatedEachEpoch;
    // A run that was interrupted within an epoch ends without delay.
    if (is_partial && complete_epoch_ > 0) WriteEvaluation(trainer, trainer.fit_loop()->validation_data().size());
  }

  // The options of Fit, and with them this object, may outlive the trainer.
  void Release() { kernels_.Stop(); }

  // What the row of steps.csv that is not complete begins with, for a checkpoint.  Empty at the end of an epoch.
  std::vector<double> RowBegin() const {
    return means_ == nullptr || complete_epoch_ > 0 ? std::vector<double>() : means_->Begin();
  }
  void set_row_begin(const std::vector<double>& begin) { row_begin_ = begin; }

  std::string PathOf(const char* name) const { return Concat({options_.folder, "/", name}); }

 private:
  int threads() const { return options_.threads > 0 ? options_.threads : brine_available_threads(); }

  NamedNumbers WithRate(const char* prefix, const Results& results) const {
    NamedNumbers fields = Fields(prefix, results);
    fields.emplace_back(Concat({prefix, "learning_rate"}), rate_);
    return fields;
  }

  void WriteConfig(Trainer& trainer, const EpochResult& names) const {
    const std::string path = PathOf("config.pbtxt"), before = ReadIfPresent(path);
    if (!before.empty() && !options_.resume)
      ThrowError(kExitBadInput,
                 {options_.folder, ": holds an earlier run; --resume goes on with it, another folder starts anew"});
    WriteWhole(path, before.empty() ? ConfigText(trainer, options_, names)
                                    : Concat({before, ResumedText(trainer, options_, names.epoch)}));
  }

  void WriteKernels(const brine_program& program) {
    const std::string text = kernels_.TakeJson(program, std::min(threads(), brine_available_threads()));
    if (!text.empty()) WriteWhole(PathOf("kernels.json"), text);
    measures_kernels_ = false;
  }

  void WriteEvaluation(Trainer& trainer, int64_t most_samples) const {
    WriteWhole(PathOf("evaluation.json"), EvaluationJson(trainer, trainer.fit_loop()->validation_data(),
                                                         complete_epoch_, most_samples, options_.class_names));
  }

  const RunFolderOptions options_;
  const Callback csv_;
  std::unique_ptr<EventFile> train_events_, validation_events_;
  std::unique_ptr<StepMeans> means_;
  std::vector<double> row_begin_;  // of the checkpoint from which the run resumes, until its first epoch begins
  KernelMeasurement kernels_;
  bool measures_kernels_ = true;
  int64_t steps_a_row_ = 1, rows_before_ = 0;
  // Of the step that wrote the last row of steps.csv.  At the end of an epoch, this is its last step, before a callback
  // changes the rate for the next one.
  double rate_ = 0;
  double training_seconds_ = 0;  // of the epoch until then, in this process
  int complete_epoch_ = 0;       // the epoch that has ended, counted from 1; 0 while one runs
};

}  // namespace

Callback RunFolder(const RunFolderOptions& options) {
  const auto writer = std::make_shared<Writer>(options);
  Callback callback;
  callback.on_train_begin = [writer](Trainer& trainer, const EpochResult& names) { writer->Begin(trainer, names); };
  callback.on_epoch_begin = [writer](Trainer& trainer, const EpochResult& result) {
    writer->BeginEpoch(trainer, result);
  };
  callback.on_batch_end = [writer](Trainer& trainer, const EpochResult& result) { writer->EndStep(trainer, result); };
  callback.on_epoch_end = [writer](Trainer& trainer, const EpochResult& result) { writer->EndEpoch(trainer, result); };
  callback.on_train_end = [writer](Trainer& trainer, const EpochResult&) { writer->End(trainer); };
  callback.release = [writer] { writer->Release(); };
  callback.name = "RunFolder";
  callback.first_rank_only = true;
  callback.numbers = [writer] { return writer->RowBegin(); };
  callback.on_resume = [writer](Trainer&, const std::vector<double>& numbers) { writer->set_row_begin(numbers); };
  callback.file = [writer](const Trainer&) { return writer->PathOf("metrics.csv"); };
  return callback;
}

}  // namespace brine
