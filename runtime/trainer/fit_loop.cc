#include "runtime/trainer/fit_loop.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "runtime/core/philox.h"
#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/checkpoints.h"
#include "runtime/trainer/class_names.h"
#include "runtime/trainer/data_statistics.h"
#include "runtime/trainer/interrupts.h"
#include "runtime/trainer/progress.h"
#include "runtime/trainer/shapes.h"
#include "runtime/trainer/shard_mean.h"
#include "runtime/trainer/shared_facts.h"
#include "runtime/trainer/shared_mean.h"
#include "runtime/trainer/shared_outputs.h"

namespace brine {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Gives callbacks that share a name different ones, so that each finds what it has counted itself in a checkpoint.  The
// order of the callbacks decides, and the first keeps its name.
void NumberNames(std::vector<Callback>& callbacks) {
  std::set<std::string> names;
  for (Callback& callback : callbacks) {
    if (!callback.numbers) continue;
    const std::string name = callback.name;
    for (int number = 2; !names.insert(callback.name).second; ++number)
      callback.name = name + " " + std::to_string(number);
  }
}

void CheckFiles(const Trainer& trainer, const std::vector<Callback>& callbacks) {
  std::set<std::string> files;
  for (const Callback& callback : callbacks) {
    const std::string file = callback.file ? callback.file(trainer) : "";
    if (!file.empty() && !files.insert(file).second)
      ThrowError(kExitUsage, {"two callbacks write ", file, "; each needs a file of its own"});
  }
}

// The number of shards of a step.
int ShardsOf(const FitOptions& options, const Ranks& ranks) {
  const int accumulated = options.gradient_accumulation_steps;
  if (accumulated < 1) ThrowError(kExitUsage, {"gradient accumulation steps must be positive"});
  if (options.shards < 0) ThrowError(kExitUsage, {"the number of shards must not be negative"});
  if (options.shards > 0 && accumulated > 1)
    ThrowError(kExitUsage, {"shards and gradient accumulation both say into how many shards a step is cut"});
  const int shards = options.shards > 0 ? options.shards : accumulated > 1 ? accumulated : ranks.size();
  if (shards % ranks.size() != 0)
    ThrowError(kExitUsage, {shards, " shards cannot be shared equally by ", ranks.size(), " ranks"});
  return shards;
}

}  // namespace

void ShuffledOrder(uint64_t seed, int64_t epoch, std::vector<int64_t>& order) {
  std::iota(order.begin(), order.end(), int64_t{0});
  const uint32_t id = brine_random_id("shuffle");
  for (size_t last = order.size(); last-- > 1;) {
    const brine_random random = brine_philox(seed, static_cast<uint32_t>(last), static_cast<uint32_t>(epoch), id, 0);
    const auto other = static_cast<size_t>(uint64_t{random.word[0]} * (last + 1) >> 32);
    std::swap(order[last], order[other]);
  }
}

// What the steps of several ranks need.
class SharedStep {
 public:
  SharedStep(brine_state* state, const brine_function& function, const Ranks& ranks, int64_t shards)
      : shards_of_rank(shards / ranks.size()),
        mean(state, &function, ranks, SharedMean::BucketBytes(ranks.size())),
        outputs(ranks, function, shards_of_rank) {}

  const int64_t shards_of_rank;
  SharedMean mean;
  SharedOutputs outputs;
};

FitLoop::FitLoop(Trainer& trainer, const Dataset& data, const FitOptions& options)
    : trainer_(trainer),
      function_(FunctionOf(trainer.program(), "train")),
      options_(options),
      callbacks_(options.callbacks),
      train_(data),
      shards_(ShardsOf(options, trainer.ranks())),
      batch_size_(trainer.RowsOfShard(options.batch_size, shards_ / options.gradient_accumulation_steps)),
      step_rows_(batch_size_ * shards_),
      position_{options.initial_epoch, 0, ResultSums(function_)} {
  if (!(options.validation_split >= 0 && options.validation_split < 1))
    ThrowError(kExitUsage, {"validation split must lie in [0, 1)"});
  if (options.epochs < 0 || options.initial_epoch < 0) ThrowError(kExitUsage, {"epochs must not be negative"});
  if (options.validation_data != nullptr) {
    validation_ = *options.validation_data;
  } else if (options.validation_split > 0) {
    const auto kept =
        static_cast<int64_t>(std::floor(static_cast<double>(data.size()) * (1 - options.validation_split)));
    train_ = data.Slice(0, kept);
    validation_ = data.Slice(kept, data.size() - kept);
  }
  if (train_.size() < 1) ThrowError(kExitBadInput, {"there are no samples to train on"});
  if (train_.size() > std::numeric_limits<uint32_t>::max())
    ThrowError(kExitBadInput, {train_.size(), " samples are too many"});
  order_.resize(static_cast<size_t>(train_.size()));
  NumberNames(callbacks_);  // the same on all ranks
  if (!trainer.ranks().is_first()) std::erase_if(callbacks_, [](const Callback& row) { return row.first_rank_only; });
  CheckFiles(trainer_, callbacks_);
  // First, so that what other callbacks print at the end of an epoch follows its line.
  if (options.verbose && trainer.ranks().is_first())
    callbacks_.insert(callbacks_.begin(), ProgressCallback(options.epochs));
  trainer_.fit_loop_ = this;
}

FitLoop::~FitLoop() {
  for (const Callback& callback : callbacks_) {
    if (callback.release) callback.release();
  }
  trainer_.fit_loop_ = nullptr;
}

std::unique_ptr<FolderLock> FitLoop::OpenFolder() {
  const Ranks& ranks = trainer_.ranks();
  std::unique_ptr<FolderLock> lock;
  ranks.Together([&] {
    if (options_.checkpoint.empty() && options_.resume) ThrowError(kExitUsage, {"resume needs a checkpoint folder"});
    if (!options_.checkpoint.empty() && ranks.is_first())
      lock = std::make_unique<FolderLock>(options_.checkpoint, options_.resume);
  });
  if (options_.checkpoint.empty()) return lock;
  if (options_.resume) position_ = LoadNewestCheckpoint(ranks, trainer_.state(), options_.checkpoint, Shape());
  return lock;
}

void FitLoop::TakeNames() {
  CheckSameNames("classes", train_.class_names, position_.class_names);
  CheckSameNames("columns", train_.element_names, position_.element_names);
  if (trainer_.class_names_.empty()) trainer_.class_names_ = position_.class_names;
  if (trainer_.element_names_.empty()) trainer_.element_names_ = position_.element_names;
}

void FitLoop::Call(Callback::Function Callback::*function, const EpochResult& result) {
  for (const Callback& callback : callbacks_) {
    if (callback.*function) (callback.*function)(trainer_, result);
  }
}

void FitLoop::BeginCallbacks() {
  EpochResult names;
  names.epoch = static_cast<int>(position_.epoch);
  names.train = ResultsOf(function_);
  if (validation_.size() > 0) names.validation = ResultsOf(FunctionOf(trainer_.program(), "evaluate"));
  Call(&Callback::on_train_begin, names);
  for (const Callback& callback : callbacks_) {
    const auto numbers = position_.callbacks.find(callback.name);
    if (callback.on_resume && numbers != position_.callbacks.end()) callback.on_resume(trainer_, numbers->second);
  }
}

History FitLoop::Run() { return trainer_.ranks().several() ? RunOnRanks() : RunAll(); }

History FitLoop::RunOnRanks() {
  const Ranks& ranks = trainer_.ranks();
  ranks.Compare(ranks.Together([&] { return FactsOfFit(trainer_, *this); }));
  const auto shared_step =
      ranks.Together([&] { return std::make_unique<SharedStep>(trainer_.state(), function_, ranks, shards_); });
  shared_step_ = shared_step.get();
  return RunAll();
}

History FitLoop::RunAll() {
  const Ranks& ranks = trainer_.ranks();
  const std::unique_ptr<FolderLock> lock = OpenFolder();
  ranks.Together([&] {
    TakeNames();
    if (ranks.is_first()) LearnDataStatistics(trainer_.state(), train_);
    // The steps test the parameters, but not the slots, which a file or the caller may have filled with NaN.
    ThrowIfFailed(brine_check_variables(trainer_.state()), trainer_.state());
    BeginCallbacks();
  });
  ShareStatistics();
  // A rank that fails outside a step ends all, while the memory of exchanges that are under way still exists.
  return ranks.Guard([&] { return RunEpochs(); });
}

History FitLoop::RunEpochs() {
  History history;
  EpochResult result;
  while (position_.epoch < options_.epochs && !trainer_.stop_) {
    result = {};
    result.epoch = static_cast<int>(position_.epoch);
    result.batches = (train_.size() + step_rows_ - 1) / step_rows_;
    result.batch = position_.batch;
    result.train = ResultsOf(function_);
    RunEpoch(result);
    CompareState();
    if (position_.batch == result.batches) {
      Validate(result);
      Call(&Callback::on_epoch_end, result);
      history.epochs.push_back(result);
      position_ = {position_.epoch + 1, 0, ResultSums(function_)};
    }
    SaveCheckpoint();
  }
  history.stopped = trainer_.stop_;
  Call(&Callback::on_train_end, result);
  return history;
}

void FitLoop::ShareStatistics() {
  const Ranks& ranks = trainer_.ranks();
  if (!ranks.several()) return;
  const brine_program& program = trainer_.program();
  for (int32_t index = 0; index < program.variable_count; ++index) {
    if (program.variables[index].role == BRINE_ROLE_STATISTIC)
      ranks.communicator().broadcast(brine_variable_data(trainer_.state(), index),
                                     brine_variable_bytes(&program, index));
  }
}

void FitLoop::CompareState() {
  const Ranks& ranks = trainer_.ranks();
  if (!ranks.several()) return;
  ranks.Compare({FactOfState(trainer_, Concat({"after epoch ", position_.epoch + 1, " "}), kExitFailed)});
}

void FitLoop::RunEpoch(EpochResult& result) {
  const auto begin = Clock::now();
  brine_state* const state = trainer_.state();
  const bool several = trainer_.ranks().several();
  const auto reader = trainer_.ranks().Together(
      [&] { return std::make_unique<BatchReader>(state, &function_, train_, options_.class_weight); });
  ShardMean mean(state, &function_);
  if (options_.shuffle)
    ShuffledOrder(brine_seed(state), position_.epoch, order_);
  else
    std::iota(order_.begin(), order_.end(), int64_t{0});
  Call(&Callback::on_epoch_begin, result);
  while (position_.batch < result.batches && !trainer_.stop_) {
    const int64_t first = position_.batch * step_rows_;
    const std::span<const int64_t> rows(order_.data() + first,
                                        static_cast<size_t>(std::min(step_rows_, train_.size() - first)));
    if (several)
      RunStepOnRanks(*reader, rows, result);
    else
      RunStep(*reader, mean, rows);
    result.batch = ++position_.batch;
    ++result.steps;
    position_.sums.Write(result.train);
    result.seconds = SecondsSince(begin);
    Call(&Callback::on_batch_end, result);
  }
}

void FitLoop::RunStep(BatchReader& reader, ShardMean& mean, std::span<const int64_t> rows) {
  brine_state* const state = trainer_.state();
  for (size_t first = 0; first < rows.size(); first += static_cast<size_t>(batch_size_)) {
    const std::span<const int64_t> shard =
        rows.subspan(first, std::min(rows.size() - first, static_cast<size_t>(batch_size_)));
    const auto count = static_cast<int32_t>(shard.size());
    reader.Read(shard);
    if (shards_ == 1) {
      ThrowIfFailed(brine_step(state, &function_, count), state);
    } else {
      ThrowIfFailed(brine_step_shard(state, &function_, count, static_cast<int64_t>(first)), state);
      ThrowIfFailed(mean.Add(count, static_cast<int64_t>(rows.size()), first + shard.size() == rows.size()), state);
    }
    position_.sums.Add(state, count);
  }
  if (shards_ > 1) ThrowIfFailed(brine_step_end(state, &function_), state);
}

void FitLoop::RunStepOnRanks(BatchReader& reader, std::span<const int64_t> rows, EpochResult& result) {
  brine_state* const state = trainer_.state();
  SharedStep& step = *shared_step_;
  const auto batch_rows = static_cast<int64_t>(rows.size());
  const int64_t shards = (batch_rows + batch_size_ - 1) / batch_size_;
  const auto rows_of = [&](int64_t shard) {
    return static_cast<int32_t>(std::min(batch_size_, batch_rows - shard * batch_size_));
  };
  const int64_t first = trainer_.ranks().rank() * step.shards_of_rank,
                end = std::min(first + step.shards_of_rank, shards);
  step.mean.Begin(shards, step.shards_of_rank);
  step.outputs.Attempt([&] {
    for (int64_t shard = first; shard < end; ++shard) {
      const int64_t first_row = shard * batch_size_;
      reader.Read(rows.subspan(static_cast<size_t>(first_row), static_cast<size_t>(rows_of(shard))));
      ThrowIfFailed(step.mean.Step(rows_of(shard), first_row, batch_rows), state);
      step.outputs.Take(state);
    }
  });
  step.mean.Finish(step.outputs.has_failed());
  // If a shard has failed, this throws, and no rank goes on to update its weights.
  interrupted_ |= step.outputs.Gather(IsInterrupted());
  for (int64_t shard = 0; shard < shards; ++shard)
    position_.sums.Add(step.outputs.Of(shard / step.shards_of_rank, shard % step.shards_of_rank), rows_of(shard));
  const brine_status status = brine_step_end(state, &function_);
  if (status == BRINE_DIVERGED) throw SharedError(ExitCodeOf(status), brine_error(state));  // as it does on all ranks
  ThrowIfFailed(status, state);
  result.communication_seconds += step.mean.communication_seconds();
  result.waiting_seconds += step.mean.waiting_seconds();
}

bool FitLoop::is_interrupted() const { return trainer_.ranks().several() ? interrupted_ : IsInterrupted(); }

FitShape FitLoop::Shape() const { return {batch_size_, shards_, train_.size(), options_.shuffle}; }

void FitLoop::Validate(EpochResult& result) {
  if (validation_.size() == 0) return;
  const auto begin = Clock::now();
  result.validation = trainer_.Evaluate(validation_, static_cast<int>(batch_size_));
  result.seconds += SecondsSince(begin);
}

void FitLoop::SaveCheckpoint() {
  if (options_.checkpoint.empty() || !trainer_.ranks().is_first()) return;
  for (const Callback& callback : callbacks_) {
    if (!callback.numbers) continue;
    std::vector<double> numbers = callback.numbers();
    if (numbers.empty())
      position_.callbacks.erase(callback.name);
    else
      position_.callbacks[callback.name] = std::move(numbers);
  }
  position_.class_names = trainer_.class_names_;
  position_.element_names = trainer_.element_names_;
  brine::SaveCheckpoint(trainer_.state(), options_.checkpoint, position_, Shape());
}

}  // namespace brine
