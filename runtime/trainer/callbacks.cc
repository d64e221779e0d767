#include "runtime/trainer/callbacks.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/edit_distance.h"
#include "runtime/trainer/appended_file.h"
#include "runtime/trainer/checkpoints.h"
#include "runtime/trainer/text.h"

namespace brine {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// A callback as an object, which all copies of the Callback share.
class Object {
 public:
  virtual ~Object() = default;
  virtual void Begin(Trainer& trainer, const EpochResult& names) = 0;
  virtual void EndEpoch(Trainer& trainer, const EpochResult& result) = 0;
  virtual void End(Trainer&) {}
  virtual std::string Key() const { return {}; }                     // in checkpoints
  virtual std::string File(const Trainer&) const { return {}; }      // that it writes
  virtual void VisitNumbers(const std::function<void(double&)>&) {}  // those that checkpoints keep
  virtual void Resume(Trainer&) {}                                   // called after the numbers were restored
};

Callback CallbackOf(const std::shared_ptr<Object>& object) {
  Callback callback;
  callback.on_train_begin = [object](Trainer& trainer, const EpochResult& names) { object->Begin(trainer, names); };
  callback.on_epoch_end = [object](Trainer& trainer, const EpochResult& result) { object->EndEpoch(trainer, result); };
  callback.on_train_end = [object](Trainer& trainer, const EpochResult&) { object->End(trainer); };
  callback.file = [object](const Trainer& trainer) { return object->File(trainer); };
  callback.name = object->Key();
  if (callback.name.empty()) return callback;
  callback.numbers = [object] {
    std::vector<double> numbers;
    object->VisitNumbers([&](double& number) { numbers.push_back(number); });
    return numbers;
  };
  callback.on_resume = [object](Trainer& trainer, const std::vector<double>& numbers) {
    size_t next = 0;
    object->VisitNumbers([&](double& number) {
      if (next < numbers.size()) number = numbers[next++];
    });
    object->Resume(trainer);
  };
  return callback;
}

// A callback that watches a result.
class Monitor : public Object {
 public:
  Monitor(const char* callback, std::string name, const std::string& mode, double min_delta)
      : callback_(callback), name_(std::move(name)), min_delta_(std::fabs(min_delta)), mode_(mode) {
    if (mode != "min" && mode != "max" && mode != "auto")
      ThrowError(kExitUsage, {callback_, ": mode must be min, max or auto, got '", mode, "'"});
  }
  std::string Key() const override { return std::string(callback_) + "/" + name_; }

  // Throws Error unless the run has such a result, and it is known what is better.
  void Begin(Trainer&, const EpochResult& names) override {
    const Result* const result = names.Find(name_);
    if (result == nullptr) RefuseName(Logs(names), names.validation.all.empty());
    if (mode_ == "auto" && result->better == BRINE_BETTER_UNKNOWN)
      ThrowError(kExitBadInput, {callback_, " monitors ", name_, ", for which mode must be min or max"});
    larger_is_better_ = mode_ == "max" || (mode_ == "auto" && result->better == BRINE_LARGER_IS_BETTER);
    best_ = kNone;
    wait_ = 0;
  }
  void VisitNumbers(const std::function<void(double&)>& visit) override {
    visit(best_);
    visit(wait_);
  }

 protected:
  double ValueIn(const EpochResult& result) const { return result[name_]; }
  bool IsBetter(double value, double than) const {
    if (std::isnan(than)) return !std::isnan(value);
    return larger_is_better_ ? value - min_delta_ > than : value + min_delta_ < than;
  }
  bool TakeIfBetter(double value) {
    const bool is_better = IsBetter(value, best_);
    if (is_better) best_ = value;
    return is_better;
  }

  double best_ = kNone;  // the best result so far; NaN if there is none
  double wait_ = 0;      // the number of epochs since

 private:
  [[noreturn]] void RefuseName(const std::vector<std::pair<std::string, double>>& logs, bool has_no_validation) const {
    const std::string_view nearest =
        base::ClosestName(name_, logs.size(), [&](size_t index) { return std::string_view(logs[index].first); });
    std::string known, hint = has_no_validation ? "; it has no validation data" : "";
    for (const auto& [name, value] : logs) (known += known.empty() ? "" : ", ") += name;
    if (!nearest.empty()) ((hint = "; did you mean ") += nearest) += "?";
    ThrowError(kExitBadInput, {callback_, " monitors ", name_, ", but this run computes ", known, hint});
  }

  const char* callback_;
  std::string name_;
  double min_delta_;
  std::string mode_;
  bool larger_is_better_ = false;
};

// The weights of an epoch, in a file or, if it has no name, in memory.
class KeptWeights {
 public:
  void Keep(Trainer& trainer, const std::string& file) {
    if (!file.empty()) return trainer.Save(file);
    bytes_.clear();
    ForEachWeight(trainer, [&](uint8_t* data, size_t size) { bytes_.insert(bytes_.end(), data, data + size); });
  }
  void Restore(Trainer& trainer, const std::string& file) const {
    if (!file.empty()) return trainer.LoadParameters(file);
    const uint8_t* next = bytes_.data();
    ForEachWeight(trainer, [&](uint8_t* data, size_t size) {
      std::memcpy(data, next, size);
      next += size;
    });
  }

 private:
  // All that brine_load_parameters would load, so that both ways have the same effect.
  template <typename Visit>
  static void ForEachWeight(Trainer& trainer, const Visit& visit) {
    const brine_program& program = trainer.program();
    for (int32_t index = 0; index < program.variable_count; ++index) {
      if (program.variables[index].role != BRINE_ROLE_SLOT)
        visit(brine_variable_data(trainer.state(), index), static_cast<size_t>(brine_variable_bytes(&program, index)));
    }
  }

  std::vector<uint8_t> bytes_;
};

class Stopper : public Monitor {
 public:
  explicit Stopper(const EarlyStoppingOptions& options)
      : Monitor("EarlyStopping", options.monitor, options.mode, options.min_delta), options_(options) {
    if (options.patience < 0) ThrowError(kExitUsage, {"EarlyStopping: patience must not be negative"});
  }
  void Begin(Trainer& trainer, const EpochResult& names) override {
    Monitor::Begin(trainer, names);
    best_epoch_ = -1;
    stopped_ = 0;
    file_ = File(trainer);
  }
  std::string File(const Trainer& trainer) const override {
    if (!options_.restore_best_weights) return {};
    const bool has_default = options_.best_weights_file.empty() && !trainer.checkpoint_folder().empty();
    return has_default ? trainer.checkpoint_folder() + "/early_stopping.safetensors" : options_.best_weights_file;
  }
  void EndEpoch(Trainer& trainer, const EpochResult& result) override {
    if (result.epoch < options_.start_from_epoch) return;
    const double value = ValueIn(result);
    const bool is_better = TakeIfBetter(value);
    if (is_better || best_epoch_ < 0) {
      best_epoch_ = result.epoch;
      if (options_.restore_best_weights) weights_.Keep(trainer, file_);
    }
    ++wait_;
    if (is_better) {
      if (!options_.baseline || IsBetter(value, *options_.baseline)) wait_ = 0;
    } else if (wait_ >= options_.patience && result.epoch > 0) {
      stopped_ = 1;
      if (options_.verbose && trainer.ranks().is_first())
        std::fprintf(stderr, "Epoch %d: early stopping\n", result.epoch + 1);
      trainer.Stop();
    }
  }
  void End(Trainer& trainer) override {
    if (!options_.restore_best_weights || best_epoch_ < 0) return;
    if (options_.verbose && trainer.ranks().is_first())
      std::fprintf(stderr, "Restoring the weights of the end of the best epoch: %.0f\n", best_epoch_ + 1);
    weights_.Restore(trainer, file_);
  }
  void VisitNumbers(const std::function<void(double&)>& visit) override {
    Monitor::VisitNumbers(visit);
    visit(best_epoch_);
    visit(stopped_);
  }
  void Resume(Trainer& trainer) override {
    if (stopped_ != 0) trainer.Stop();
  }

 private:
  EarlyStoppingOptions options_;
  KeptWeights weights_;
  std::string file_;
  double best_epoch_ = -1;  // −1 if there is none
  double stopped_ = 0;      // 1 if the run was stopped
};

class RateReducer : public Monitor {
 public:
  explicit RateReducer(const ReduceLROnPlateauOptions& options)
      : Monitor("ReduceLROnPlateau", options.monitor, options.mode, options.min_delta), options_(options) {
    if (!(options.factor < 1)) ThrowError(kExitUsage, {"ReduceLROnPlateau: factor must be below 1"});
  }
  void Begin(Trainer& trainer, const EpochResult& names) override {
    Monitor::Begin(trainer, names);
    if (std::isnan(trainer.learning_rate()))
      ThrowError(kExitBadInput, {"ReduceLROnPlateau cannot set the learning rate of ", trainer.program().name,
                                 ", which follows a schedule"});
    cooldown_ = 0;
  }
  void EndEpoch(Trainer& trainer, const EpochResult& result) override {
    if (cooldown_ > 0) {
      --cooldown_;
      wait_ = 0;
    }
    if (TakeIfBetter(ValueIn(result))) {
      wait_ = 0;
    } else if (cooldown_ == 0 && ++wait_ >= options_.patience && trainer.learning_rate() > options_.min_lr) {
      const double rate = std::max(trainer.learning_rate() * options_.factor, options_.min_lr);
      trainer.set_learning_rate(rate);
      if (options_.verbose && trainer.ranks().is_first())
        std::fprintf(stderr, "Epoch %d: reducing the learning rate to %g\n", result.epoch + 1, rate);
      cooldown_ = options_.cooldown;
      wait_ = 0;
    }
  }
  void VisitNumbers(const std::function<void(double&)>& visit) override {
    Monitor::VisitNumbers(visit);
    visit(cooldown_);
  }

 private:
  ReduceLROnPlateauOptions options_;
  double cooldown_ = 0;
};

class BestSaver : public Monitor {
 public:
  explicit BestSaver(const ModelCheckpointOptions& options)
      : Monitor("ModelCheckpoint", options.monitor, options.mode, 0), options_(options) {}
  void Begin(Trainer& trainer, const EpochResult& names) override {
    Monitor::Begin(trainer, names);
    best_ = options_.initial_value_threshold.value_or(kNone);
    file_ = File(trainer);
    if (file_.empty()) ThrowError(kExitUsage, {"ModelCheckpoint needs a file or a folder of checkpoints"});
  }
  std::string File(const Trainer& trainer) const override {
    const bool has_default = options_.filepath.empty() && !trainer.checkpoint_folder().empty();
    return has_default ? BestFile(trainer.checkpoint_folder()) : options_.filepath;
  }
  void EndEpoch(Trainer& trainer, const EpochResult& result) override {
    if (TakeIfBetter(ValueIn(result))) trainer.Save(file_);
  }

 private:
  ModelCheckpointOptions options_;
  std::string file_;
};

class CsvFile : public Object {
 public:
  CsvFile(std::string path, char separator) : path_(std::move(path)), separator_(separator) {}
  std::string File(const Trainer&) const override { return path_; }
  void Begin(Trainer&, const EpochResult& names) override {
    std::string header = "epoch";
    for (const auto& [name, value] : Logs(names)) (header += separator_) += name;
    header += '\n';
    if (names.epoch == 0) return WriteWhole(path_, header);
    BeginLines(path_, header, [&](std::string_view line) {
      int number = 0;
      const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
      return error == std::errc() && end != line.data() + line.size() && *end == separator_ && number < names.epoch;
    });
  }
  void EndEpoch(Trainer&, const EpochResult& result) override {
    std::string line = std::to_string(result.epoch);
    for (const auto& [name, value] : Logs(result)) (line += separator_) += ShortestText(value);
    Append(path_, line + '\n');
  }

 private:
  std::string path_;
  char separator_;
};

}  // namespace

Callback EarlyStopping(const EarlyStoppingOptions& options) { return CallbackOf(std::make_shared<Stopper>(options)); }
Callback ReduceLROnPlateau(const ReduceLROnPlateauOptions& options) {
  return CallbackOf(std::make_shared<RateReducer>(options));
}
Callback ModelCheckpoint(const ModelCheckpointOptions& options) {
  return CallbackOf(std::make_shared<BestSaver>(options));
}
Callback CSVLogger(const std::string& filename, char separator) {
  Callback callback = CallbackOf(std::make_shared<CsvFile>(filename, separator));
  callback.first_rank_only = true;
  return callback;
}

}  // namespace brine
