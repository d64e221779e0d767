#include "runtime/trainer/callbacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/runtime/line_program.h"
#include "tests/runtime/message.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<double> kLosses = {5,   4,   4.5, 3.9999, 4.2, 4.1, 3,   3.05, 2.99995, 3.2,
                                     3.1, 2.5, 2.6, 2.7,    2.8, 2.9, 3.0, 3.1,  3.2};
const std::vector<double> kAccuracies = {.1, .3, .2, .35, .34, .36, .36, .36, .36};

EpochResult ResultOf(const char* name, int epoch, double value, brine_better better = BRINE_SMALLER_IS_BETTER) {
  EpochResult result;
  result.epoch = epoch;
  result.train.all = {{name, value, static_cast<uint8_t>(better)}};
  result.validation.all = {{name, value, static_cast<uint8_t>(better)}};
  return result;
}

float Weight(Trainer& trainer) {
  float weight;
  std::memcpy(&weight, brine_variable_data(trainer.state(), 0), sizeof(weight));
  return weight;
}

// The last epoch of a run with these results, and the epoch whose weights it ends with.
struct End {
  int epoch, weights;
  bool operator==(const End&) const = default;
};
std::ostream& operator<<(std::ostream& out, const End& end) { return out << end.epoch << " " << end.weights; }

End EndOf(EarlyStoppingOptions options, const std::vector<double>& values, const char* name = "loss",
          brine_better better = BRINE_SMALLER_IS_BETTER) {
  options.monitor = std::string("val_") + name;
  const Callback callback = EarlyStopping(options);
  Trainer trainer(kLineProgram);
  int epoch = 0;
  bool stopped = false;
  callback.on_train_begin(trainer, ResultOf(name, 0, NAN, better));
  for (; epoch < static_cast<int>(values.size()) && !stopped; ++epoch) {
    const float weight = static_cast<float>(epoch);
    std::memcpy(brine_variable_data(trainer.state(), 0), &weight, sizeof(weight));
    callback.on_epoch_end(trainer, ResultOf(name, epoch, values[static_cast<size_t>(epoch)]));
    stopped = callback.numbers()[3] != 0;
  }
  callback.on_train_end(trainer, {});
  return {epoch - 1, static_cast<int>(Weight(trainer))};
}

// The expected epochs are those of Keras 3.12's class on the same results.
TEST(EarlyStopping, EndsWhereKerasDoes) {
  EXPECT_EQ(EndOf({}, kLosses), (End{2, 2}));
  EXPECT_EQ(EndOf({.patience = 2}, kLosses), (End{5, 5}));
  EXPECT_EQ(EndOf({.patience = 3, .restore_best_weights = true}, kLosses), (End{14, 11}));
  EXPECT_EQ(EndOf({.min_delta = 0.01, .patience = 3, .restore_best_weights = true}, kLosses), (End{4, 1}));
  EXPECT_EQ(EndOf({.patience = 4, .baseline = 2.6, .restore_best_weights = true}, kLosses), (End{4, 3}));
  EXPECT_EQ(EndOf({.patience = 2, .baseline = 1, .restore_best_weights = true}, kLosses), (End{2, 1}));
  EXPECT_EQ(EndOf({.patience = 1, .restore_best_weights = true, .start_from_epoch = 6}, kLosses), (End{7, 6}));
  const EarlyStoppingOptions two = {.patience = 2, .restore_best_weights = true};
  EXPECT_EQ(EndOf({.patience = 1}, kAccuracies, "accuracy", BRINE_LARGER_IS_BETTER), (End{2, 2}));
  EXPECT_EQ(EndOf(two, kAccuracies, "accuracy", BRINE_LARGER_IS_BETTER), (End{7, 5}));
  EXPECT_EQ(EndOf({.patience = 2, .mode = "min"}, kAccuracies, "accuracy", BRINE_LARGER_IS_BETTER), (End{2, 2}));
}

// The names say nothing.
TEST(EarlyStopping, TheProgramSaysWhatIsBetter) {
  const EarlyStoppingOptions two = {.patience = 2, .restore_best_weights = true};
  EXPECT_EQ(EndOf(two, kAccuracies, "loss", BRINE_LARGER_IS_BETTER), (End{7, 5}));
  EXPECT_EQ(EndOf(two, kAccuracies, "precision_0.5", BRINE_LARGER_IS_BETTER), (End{7, 5}));
  EXPECT_EQ(EndOf(two, kAccuracies, "accuracy", BRINE_SMALLER_IS_BETTER), (End{2, 0}));
  EXPECT_EQ(Message([&] { EndOf({}, kAccuracies, "accuracy", BRINE_BETTER_UNKNOWN); }, kExitBadInput),
            "EarlyStopping monitors val_accuracy, for which mode must be min or max");
  EXPECT_EQ(EndOf({.patience = 2, .mode = "max", .restore_best_weights = true}, kAccuracies, "accuracy",
                  BRINE_BETTER_UNKNOWN),
            (End{7, 5}));
}

TEST(EarlyStopping, AResultThatIsNoNumberIsNeverTheBest) {
  EXPECT_EQ(EndOf({.patience = 2, .restore_best_weights = true}, {NAN, 3, NAN, 4, 1}), (End{3, 1}));
}

// A name that begins with val_ need not be that of a result of validation: a layer or a metric may have it.
TEST(EarlyStopping, WatchesATrainingResultThatIsCalledLikeOneOfValidation) {
  const auto result = [](int epoch, double value) {
    EpochResult both = ResultOf("loss", epoch, 7);
    both.train.all.push_back({"val_head_loss", value, BRINE_SMALLER_IS_BETTER});
    both.train.all.push_back({"val_loss", value, BRINE_SMALLER_IS_BETTER});
    return both;
  };
  const Callback callback = EarlyStopping({.monitor = "val_head_loss"});
  Trainer trainer(kLineProgram);
  callback.on_train_begin(trainer, result(0, NAN));
  for (int epoch = 0; epoch < 3; ++epoch) callback.on_epoch_end(trainer, result(epoch, 3 - epoch));
  EXPECT_EQ(callback.numbers()[0], 1);  // the best result
  EXPECT_EQ(callback.numbers()[3], 0);  // the run is not stopped
  // Where both have the name, it means that of validation.
  EXPECT_EQ(result(0, 3)["val_loss"], 7);
  EXPECT_TRUE(std::isnan(result(0, 3)["val_speed"]));
}

std::vector<double> Rates(const ReduceLROnPlateauOptions& options) {
  const Callback callback = ReduceLROnPlateau(options);
  Trainer trainer(kSoftmaxProgram);
  trainer.set_learning_rate(1);
  callback.on_train_begin(trainer, ResultOf("loss", 0, NAN));
  std::vector<double> rates;
  for (size_t epoch = 0; epoch < kLosses.size(); ++epoch) {
    callback.on_epoch_end(trainer, ResultOf("loss", static_cast<int>(epoch), kLosses[epoch]));
    rates.push_back(trainer.learning_rate());
  }
  return rates;
}

// The expected rates are those of Keras 3.12's class on the same results.
TEST(ReduceLROnPlateau, SetsTheRatesThatKerasSets) {
  EXPECT_THAT(Rates({.factor = 0.5, .patience = 1, .cooldown = 2}),
              ElementsAre(1, 1, .5, .5, .25, .25, .25, .125, .125, .0625, .0625, .0625, .03125, .03125, .015625,
                          .015625, .0078125, .0078125, .00390625));
  EXPECT_THAT(Rates({.factor = 0.5, .patience = 0, .min_lr = 0.1}),
              ElementsAre(1, 1, .5, .25, .125, .1, .1, .1, .1, .1, .1, .1, .1, .1, .1, .1, .1, .1, .1));
  EXPECT_THAT(Rates({.factor = 0.25, .patience = 2, .min_delta = 0}),
              ElementsAre(1, 1, 1, 1, 1, .25, .25, .25, .25, .25, .0625, .0625, .0625, .015625, .015625, .00390625,
                          .00390625, .0009765625, .0009765625));
  // With the default of min_delta, 2.99995 in epoch 8 does not count as better than 3.
  EXPECT_THAT(Rates({.factor = 0.5, .patience = 2}),
              ElementsAre(1, 1, 1, .5, .5, .25, .25, .25, .125, .125, .0625, .0625, .0625, .03125, .03125, .015625,
                          .015625, .0078125, .0078125));
}

class CallbacksTest : public ::testing::Test {
 protected:
  CallbacksTest() : images_(100), data_(images_.data()), test_(Images(50, 2)), validation_(test_.data()) {}

  FitOptions Options(std::vector<Callback> callbacks, int epochs = 8, const std::string& folder = "",
                     bool resume = false) const {
    return {.epochs = epochs,
            .validation_data = &validation_,
            .callbacks = std::move(callbacks),
            .checkpoint = folder,
            .resume = resume,
            .verbose = false};
  }
  // Callbacks that act during these few epochs: the rate is so high that the loss rises now and then.
  std::vector<Callback> Acting() const {
    Callback rate;
    rate.on_train_begin = [](Trainer& t, const EpochResult& first) {
      if (first.epoch == 0) t.set_learning_rate(0.3);
    };
    return {rate, EarlyStopping({.patience = 3, .restore_best_weights = true}),
            ReduceLROnPlateau({.factor = 0.7, .patience = 1}), ModelCheckpoint(), CSVLogger(folder_ / "log.csv")};
  }
  std::string Everything(Trainer& trainer) const {
    trainer.Save(folder_ / "state");
    return folder_.Read("state");
  }

  TemporaryFolder folder_;
  Images images_;
  Dataset data_;
  Images test_;
  Dataset validation_;
};

// Whenever a run is cut off, the resumed one decides as the whole one did, and leaves the same files.
TEST_F(CallbacksTest, AResumedRunDecidesAsOneThatWasNotInterrupted) {
  constexpr int kEpochs = 30;
  Trainer whole(kSoftmaxProgram);
  const History history = whole.Fit(data_, Options(Acting(), kEpochs, folder_ / "whole"));
  const std::string expected = Everything(whole), log = folder_.Read("log.csv"),
                    best = folder_.Read("whole/best.safetensors");
  ASSERT_TRUE(history.stopped);  // by early stopping, and the rate was reduced, so that all of them have acted
  ASSERT_LT(whole.learning_rate(), 0.2);
  const int last = history.epochs.back().epoch;
  for (int cut = 1; cut <= last + 1; ++cut) {
    const std::string folder = folder_ / ("cut" + std::to_string(cut));
    Trainer first(kSoftmaxProgram), second(kSoftmaxProgram, {.seed = 9});
    first.Fit(data_, Options(Acting(), cut, folder));
    // What a run leaves that was killed after it wrote its line, and before it wrote its checkpoint.
    folder_.Write("log.csv", folder_.Read("log.csv") + std::to_string(cut) + ",9,9,9,9\n");
    second.Fit(data_, Options(Acting(), kEpochs, folder, true));
    EXPECT_TRUE(Everything(second) == expected) << cut;
    EXPECT_EQ(folder_.Read("log.csv"), log) << cut;
    EXPECT_TRUE(folder_.Read("cut" + std::to_string(cut) + "/best.safetensors") == best) << cut;
  }
}

TEST_F(CallbacksTest, TheBestCheckpointIsThatOfTheBestEpoch) {
  Trainer trainer(kSoftmaxProgram), best(kSoftmaxProgram);
  std::vector<Callback> callbacks = Acting();
  const History history = trainer.Fit(data_, Options({callbacks[0], ModelCheckpoint()}, 8, folder_ / "run"));
  double least = INFINITY;
  for (const EpochResult& epoch : history.epochs) least = std::min(least, epoch.validation["loss"]);
  best.LoadParameters(folder_ / "run/best.safetensors");
  EXPECT_EQ(best.Evaluate(validation_)["loss"], least);
  EXPECT_NE(history.epochs.back().validation["loss"], least);
  const auto files = [&] {
    return trainer.Fit(data_,
                       Options({ModelCheckpoint(
                           {.filepath = folder_ / "other", .monitor = "accuracy", .initial_value_threshold = 2})}));
  };
  files();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "other"));  // no accuracy is above 2
}

TEST_F(CallbacksTest, TheLogHasALineForEachEpoch) {
  Trainer trainer(kSoftmaxProgram);
  const History history = trainer.Fit(data_, Options({CSVLogger(folder_ / "log.csv", ';')}, 2));
  std::istringstream log(folder_.Read("log.csv"));
  std::string line;
  std::getline(log, line);
  EXPECT_EQ(line, "epoch;accuracy;loss;val_accuracy;val_loss");
  for (const EpochResult& epoch : history.epochs) {
    std::getline(log, line);
    int number = -1;
    double values[4];
    ASSERT_EQ(std::sscanf(line.c_str(), "%d;%lf;%lf;%lf;%lf", &number, values, values + 1, values + 2, values + 3), 5);
    EXPECT_EQ(number, epoch.epoch);
    EXPECT_THAT(values, ElementsAre(epoch["accuracy"], epoch["loss"], epoch["val_accuracy"], epoch["val_loss"]));
  }
  EXPECT_FALSE(std::getline(log, line));
  // A run that begins later keeps the lines before, and one that begins anew does not.
  FitOptions later = Options({CSVLogger(folder_ / "log.csv", ';')}, 2);
  later.initial_epoch = 1;
  trainer.Fit(data_, later);
  const std::string both = folder_.Read("log.csv");
  EXPECT_EQ(std::count(both.begin(), both.end(), '\n'), 3);
  EXPECT_THAT(both, HasSubstr("\n0;"));
  trainer.Fit(data_, Options({CSVLogger(folder_ / "log.csv", ';')}, 1));
  EXPECT_THAT(folder_.Read("log.csv"), ::testing::Not(HasSubstr("\n1;")));
}

// A callback of one's own: what it counts survives a resumption, and callbacks may change any scalar.
TEST_F(CallbacksTest, OnesOwnCallbackCountsOn) {
  const auto batches = std::make_shared<double>(0);
  Callback own;
  own.name = "batches seen";
  own.on_train_begin = [=](Trainer&, const EpochResult&) { *batches = 0; };
  own.on_batch_end = [=](Trainer&, const EpochResult&) { ++*batches; };
  own.numbers = [=] { return std::vector<double>{*batches, NAN, INFINITY, -0.1}; };
  std::vector<double> resumed;
  own.on_resume = [&](Trainer&, const std::vector<double>& numbers) { *batches = (resumed = numbers)[0]; };
  Trainer first(kSoftmaxProgram), second(kSoftmaxProgram);
  first.Fit(data_, Options({own}, 2, folder_ / "run"));
  EXPECT_EQ(*batches, 14);
  second.Fit(data_, Options({own}, 5, folder_ / "run", true));
  EXPECT_EQ(*batches, 35);
  ASSERT_EQ(resumed.size(), 4u);
  EXPECT_TRUE(std::isnan(resumed[1]));
  EXPECT_EQ(resumed[2], INFINITY);
  EXPECT_EQ(resumed[3], -0.1);
}

TEST_F(CallbacksTest, ThoseOfOneNameCountOnEachForItself) {
  // A callback whose number is `own` at first, and then the one with which it is resumed.
  const auto callback = [](const std::shared_ptr<double>& own, const std::string& name) {
    Callback made;
    made.name = name;
    made.numbers = [=] { return std::vector<double>{*own}; };
    made.on_resume = [=](Trainer&, const std::vector<double>& numbers) { *own = numbers.at(0); };
    return made;
  };
  const auto run = [&](const std::vector<double>& first, const std::vector<std::string>& names, bool resume) {
    std::vector<std::shared_ptr<double>> numbers;
    std::vector<Callback> callbacks;
    for (size_t index = 0; index < first.size(); ++index) {
      numbers.push_back(std::make_shared<double>(first[index]));
      callbacks.push_back(callback(numbers.back(), names[index]));
    }
    Trainer trainer(kSoftmaxProgram);
    trainer.Fit(data_, Options(callbacks, 1, folder_ / "run", resume));
    std::vector<double> last;
    for (const auto& number : numbers) last.push_back(*number);
    return last;
  };
  run({1, 2, 3, 4}, {"a", "a", "a 2", "b"}, false);
  EXPECT_THAT(run({0, 0, 0, 0}, {"a", "a", "a 2", "b"}, true), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(run({0, 0}, {"b", "a"}, true), ElementsAre(4, 1));  // the first keeps its name
}

TEST_F(CallbacksTest, EachWritesAFileOfItsOwn) {
  Trainer trainer(kSoftmaxProgram);
  const auto fit = [&](std::vector<Callback> callbacks) {
    return Message([&] { trainer.Fit(data_, Options(std::move(callbacks), 1, folder_ / "run")); }, kExitUsage);
  };
  const Callback loss = EarlyStopping({.restore_best_weights = true}),
                 accuracy = EarlyStopping({.monitor = "val_accuracy", .restore_best_weights = true});
  EXPECT_EQ(fit({loss, accuracy}),
            "two callbacks write " + (folder_ / "run/early_stopping.safetensors") + "; each needs a file of its own");
  EXPECT_EQ(fit({ModelCheckpoint(), ModelCheckpoint({.monitor = "accuracy"})}),
            "two callbacks write " + (folder_ / "run/best.safetensors") + "; each needs a file of its own");
  EXPECT_EQ(fit({CSVLogger(folder_ / "log"), CSVLogger(folder_ / "log", ';')}),
            "two callbacks write " + (folder_ / "log") + "; each needs a file of its own");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "log"));
  const Callback other =
      EarlyStopping({.monitor = "val_accuracy", .restore_best_weights = true, .best_weights_file = folder_ / "other"});
  EXPECT_EQ(fit({loss, other, EarlyStopping(), ModelCheckpoint(), CSVLogger(folder_ / "log")}), "nothing was thrown");
}

TEST_F(CallbacksTest, SeeWhatTheProgramCallsBetter) {
  std::vector<std::pair<std::string, int>> seen;
  Callback callback;
  callback.on_train_begin = [&](Trainer&, const EpochResult& names) {
    for (const Results* results : {&names.train, &names.validation}) {
      for (const Result& result : results->all) seen.emplace_back(result.name, result.better);
    }
  };
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data_, Options({callback}, 1));
  const std::pair<std::string, int> loss("loss", BRINE_SMALLER_IS_BETTER), accuracy("accuracy", BRINE_LARGER_IS_BETTER);
  EXPECT_THAT(seen, ElementsAre(loss, accuracy, loss, accuracy));
}

TEST_F(CallbacksTest, MistakesAreNamed) {
  Trainer trainer(kSoftmaxProgram), line(kLineProgram);
  const auto refusal = [&](const Callback& callback) {
    return Message([&] { trainer.Fit(data_, Options({callback})); }, kExitBadInput);
  };
  EXPECT_EQ(refusal(EarlyStopping({.monitor = "val_los"})),
            "EarlyStopping monitors val_los, but this run computes accuracy, loss, val_accuracy, val_loss; did you "
            "mean val_loss?");
  EXPECT_EQ(refusal(ReduceLROnPlateau({.monitor = "speed"})),
            "ReduceLROnPlateau monitors speed, but this run computes accuracy, loss, val_accuracy, val_loss");
  EXPECT_EQ(Message([&] { trainer.Fit(data_, {.callbacks = {EarlyStopping()}, .verbose = false}); }, kExitBadInput),
            "EarlyStopping monitors val_loss, but this run computes accuracy, loss; it has no validation data");
  // The rate of this program has another name, as if it followed a schedule.
  const float numbers[4] = {};
  const Dataset four({{"x", 4, std::span(numbers)}, {"label", 4, std::span(numbers)}});
  EXPECT_EQ(Message([&] { line.Fit(four, {.callbacks = {ReduceLROnPlateau({.monitor = "loss"})}, .verbose = false}); },
                    kExitBadInput),
            "ReduceLROnPlateau cannot set the learning rate of line, which follows a schedule");
  EXPECT_EQ(Message([&] { EarlyStopping({.mode = "best"}); }, kExitUsage),
            "EarlyStopping: mode must be min, max or auto, got 'best'");
  EXPECT_EQ(Message([&] { EarlyStopping({.patience = -1}); }, kExitUsage),
            "EarlyStopping: patience must not be negative");
  EXPECT_EQ(Message([&] { ReduceLROnPlateau({.factor = 1}); }, kExitUsage),
            "ReduceLROnPlateau: factor must be below 1");
  EXPECT_EQ(Message([&] { trainer.Fit(data_, Options({ModelCheckpoint()})); }, kExitUsage),
            "ModelCheckpoint needs a file or a folder of checkpoints");
  folder_.Write("log.csv", "epoch,speed\n0,9\n");
  FitOptions later = Options({CSVLogger(folder_ / "log.csv")});
  later.initial_epoch = 1;
  EXPECT_EQ(Message([&] { trainer.Fit(data_, later); }, kExitBadInput),
            folder_ / "log.csv: its columns are not those of this run; take another file");
  // A log that cannot be read is not replaced: this one is too large.
  std::filesystem::resize_file(folder_ / "log.csv", (size_t{1} << 30) + 1);
  EXPECT_EQ(Message([&] { trainer.Fit(data_, later); }, kExitBadInput),
            folder_ / "log.csv: has 1073741825 bytes, at most 1073741824 were expected");
  EXPECT_EQ(std::filesystem::file_size(folder_ / "log.csv"), (size_t{1} << 30) + 1);
  EXPECT_THAT(Message([&] { trainer.Fit(data_, Options({CSVLogger(folder_ / "none/log.csv")})); }, kExitFailed),
              HasSubstr("none/log.csv"));
  EXPECT_EQ(brine_steps_done(trainer.state()), 0u);
}

}  // namespace
}  // namespace brine::testing
