#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <set>

#include "runtime/trainer/fit_loop.h"
#include "runtime/trainer/trainer.h"
#include "tests/runtime/by_hand.h"
#include "tests/runtime/message.h"
#include "tests/runtime/softmax_program.h"

namespace {
std::atomic<int> allocations = 0;  // the number of allocations of all threads
}
void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace brine::testing {
namespace {

using ::testing::ElementsAre;

std::vector<float> Weights(Trainer& trainer) {
  std::vector<float> weights(kClasses * kPixels);
  std::memcpy(weights.data(), brine_variable_data(trainer.state(), 0), weights.size() * sizeof(float));
  return weights;
}

TEST(Fit, LearnsAndTellsItsHistory) {
  const Images train(500), test(200, 2);
  const Dataset validation = test.data();
  Trainer trainer(kSoftmaxProgram);
  const History history = trainer.Fit(train.data(), {.epochs = 8, .validation_data = &validation, .verbose = false});
  ASSERT_EQ(history.epochs.size(), 8u);
  EXPECT_FALSE(history.stopped);
  EXPECT_LT(history.epochs[7].train["loss"], history.epochs[0].train["loss"]);
  EXPECT_GT(history.epochs[7].validation["accuracy"], 0.9);
  EXPECT_EQ(history.epochs[7].batches, 32);  // 31 batches of 16 rows and one of 4
  EXPECT_EQ(brine_steps_done(trainer.state()), 8u * 32);
  const Results results = trainer.Evaluate(validation);
  EXPECT_EQ(results["loss"], history.epochs[7].validation["loss"]);
  EXPECT_EQ(results["accuracy"], history.epochs[7].validation["accuracy"]);
  EXPECT_TRUE(std::isnan(results["recall"]));
}

TEST(Fit, BitsDoNotDependOnThreads) {
  const Images train(100);
  std::vector<std::vector<float>> results;
  for (int threads : {1, 2, 3, 4}) {
    Trainer trainer(kSoftmaxProgram, {.seed = 9, .threads = threads});
    trainer.Fit(train.data(), {.epochs = 2, .verbose = false});
    results.push_back(Weights(trainer));
  }
  for (const auto& result : results) EXPECT_EQ(result, results[0]);
}

TEST(Fit, SeedsDecideWeightsAndOrder) {
  const Images train(40);
  const auto run = [&](uint64_t seed) {
    Trainer trainer(kSoftmaxProgram, {.seed = seed});
    trainer.Fit(train.data(), {.verbose = false});
    return Weights(trainer);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
  EXPECT_NE(run(1), run(uint64_t{1} << 32 | 1));
}

// With a rate of zero, the results of an epoch are those of an evaluation, if the last batch of 4 rows counts as 4
// of 20.
TEST(Fit, APartialBatchCountsByItsRows) {
  const Images train(20);
  Trainer trainer(kSoftmaxProgram);
  trainer.set_learning_rate(0);
  const History history = trainer.Fit(train.data(), {.shuffle = false, .verbose = false});
  const Results whole = trainer.Evaluate(train.data());
  EXPECT_DOUBLE_EQ(history.epochs[0].train["loss"], whole["loss"]);
  const Results by_fives = trainer.Evaluate(train.data(), 5);
  EXPECT_NEAR(by_fives["loss"], whole["loss"], 1e-6);
  EXPECT_NEAR(by_fives["accuracy"], whole["accuracy"], 1e-6);
}

TEST(Fit, ValidationSplitIsTheEndOfTheData) {
  const Images train(50);
  Trainer trainer(kSoftmaxProgram);
  const History history = trainer.Fit(train.data(), {.validation_split = 0.2, .verbose = false});
  EXPECT_EQ(history.epochs[0].batches, 3);  // 40 of the 50 samples
  EXPECT_EQ(history.epochs[0].validation["loss"], trainer.Evaluate(train.data().Slice(40, 10))["loss"]);
}

TEST(Fit, CallbacksChangeTheRateAndStop) {
  const Images train(40);
  Trainer trainer(kSoftmaxProgram);
  Callback callback;
  std::vector<int> epochs;
  callback.on_epoch_begin = [&](Trainer& t, const EpochResult& result) {
    epochs.push_back(result.epoch);
    t.set_learning_rate(0.5 / (1 + result.epoch));
  };
  callback.on_batch_end = [](Trainer& t, const EpochResult& result) {
    if (result.epoch == 4 && result.batch == 2) t.Stop();
  };
  const History history =
      trainer.Fit(train.data(), {.epochs = 10, .initial_epoch = 3, .callbacks = {callback}, .verbose = false});
  EXPECT_THAT(epochs, ElementsAre(3, 4));
  EXPECT_TRUE(history.stopped);
  EXPECT_EQ(history.epochs.size(), 1u);
  EXPECT_EQ(brine_steps_done(trainer.state()), 5u);
  EXPECT_EQ(trainer.learning_rate(), 0.1);
}

TEST(Fit, AStepAllocatesNothing) {
  const Images train(160);
  Trainer trainer(kSoftmaxProgram, {.threads = 1});
  std::vector<int> counts;
  counts.reserve(100);
  Callback callback;
  callback.on_batch_end = [&](Trainer&, const EpochResult&) { counts.push_back(allocations); };
  trainer.Fit(train.data(), {.callbacks = {callback}, .verbose = false});
  ASSERT_EQ(counts.size(), 10u);
  EXPECT_EQ(counts.front(), counts.back());
}

TEST(Fit, AWeightThatIsNotFiniteEndsTheRunUnchanged) {
  const Images train(40);
  Trainer trainer(kSoftmaxProgram);
  reinterpret_cast<float*>(brine_variable_data(trainer.state(), 0))[3] = std::numeric_limits<float>::quiet_NaN();
  const auto before = Weights(trainer);
  EXPECT_EQ(Message([&] { trainer.Fit(train.data(), {.verbose = false}); }, kExitDiverged),
            "model.cc:5: dense/kernel is not finite at element 3 before step 1");
  EXPECT_EQ(Message([&] { trainer.Evaluate(train.data()); }, kExitDiverged),
            "model.cc:5: dense/kernel is not finite at element 3 before step 1");
  const auto after = Weights(trainer);
  EXPECT_EQ(std::memcmp(before.data(), after.data(), before.size() * sizeof(float)), 0);
}

TEST(Fit, ASlotThatIsNotFiniteEndsTheRunBeforeItsFirstStep) {
  const Images train(40);
  Trainer trainer(kSoftmaxProgram);
  const brine_program& program = kSoftmaxProgram;
  const auto slot = std::find_if(program.variables, program.variables + program.variable_count,
                                 [](const brine_variable& variable) { return variable.role == BRINE_ROLE_SLOT; });
  const auto index = static_cast<int32_t>(slot - program.variables);
  ASSERT_LT(index, program.variable_count);
  reinterpret_cast<float*>(brine_variable_data(trainer.state(), index))[1] = std::numeric_limits<float>::infinity();
  const std::string message = Message([&] { trainer.Fit(train.data(), {.verbose = false}); }, kExitDiverged);
  EXPECT_THAT(message, ::testing::HasSubstr(std::string(slot->name) + " is not finite at element 1 before step 1"));
}

// The bytes of all parameters and slots.
std::string Variables(Trainer& trainer) {
  std::string bytes;
  for (int32_t index = 0; index < kSoftmaxProgram.variable_count; ++index) {
    bytes.append(reinterpret_cast<const char*>(brine_variable_data(trainer.state(), index)),
                 static_cast<size_t>(brine_variable_bytes(&kSoftmaxProgram, index)));
  }
  return bytes;
}

// A kernel before the updates that writes one number to a gradient.
float planted;
int Plant(void** argv) {
  reinterpret_cast<float*>(static_cast<const brine_buffer*>(argv[2])->host)[5] = planted;
  return 0;
}

// One training step of the softmax program with this number in the gradient, for Adam or for an optimizer that does not
// square gradients.
std::string StepWith(float number, bool adam, bool expect_unchanged) {
  planted = number;
  brine_function train_function = kSoftmaxProgram.functions[0];
  std::vector<brine_call> calls(train_function.calls, train_function.calls + train_function.call_count);
  const uint16_t gradient = calls[2].values[calls[2].input_count], values[] = {gradient, gradient};
  calls.insert(calls.begin() + train_function.first_update, ByHand({.run = Plant,
                                                                    .values = values,
                                                                    .input_count = 1,
                                                                    .name = "plant",
                                                                    .layers = "dense",
                                                                    .location = "model.cc:5"}));
  train_function.calls = calls.data();
  ++train_function.call_count;
  ++train_function.first_update;
  train_function.squares_gradient = adam;
  brine_program program = kSoftmaxProgram;
  program.functions = &train_function;
  program.function_count = 1;
  const Images train(16);
  Trainer trainer(program);
  const std::string before = Variables(trainer);
  std::string message;
  try {
    trainer.Fit(train.data(), {.verbose = false});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), kExitDiverged);
    message = error.what();
  }
  EXPECT_EQ(Variables(trainer) == before, expect_unchanged) << number;
  return message;
}

// The square of such a gradient would make the moving average infinite and all later updates zero.  Without a test,
// nobody would notice, since all parameters stay finite.
TEST(Fit, AGradientThatAdamCannotSquareEndsTheRunInItsStep) {
  const std::string begin = "model.cc:5: dense: dense/kernel.grad ";
  const std::string end = "whose square the optimizer cannot average in float32, in step 1; nothing was updated";
  EXPECT_EQ(StepWith(0x1p63f, true, true), begin + "reaches 9.2e+18, " + end);
  EXPECT_EQ(StepWith(-3e38f, true, true), begin + "reaches 3e+38, " + end);
  EXPECT_EQ(StepWith(INFINITY, true, true), begin + "is not finite in step 1; nothing was updated");
  EXPECT_EQ(StepWith(std::nextafter(0x1p63f, 0.0f), true, false), "");
  EXPECT_EQ(StepWith(-3e38f, false, false), "");  // the optimizer does not square gradients
  EXPECT_EQ(StepWith(-INFINITY, false, true), begin + "is not finite in step 1; nothing was updated");
}

TEST(Fit, RefusesOptionsThatAreOutOfRange) {
  const Images train(40);
  Trainer trainer(kSoftmaxProgram);
  const auto fit = [&](const Dataset& data, const FitOptions& options) {
    return Message([&] { trainer.Fit(data, options); }, kExitUsage);
  };
  EXPECT_EQ(fit(train.data(), {.batch_size = 17}), "batch size 17: the program was compiled for 1 to 16");
  EXPECT_EQ(fit(train.data(), {.batch_size = -1}), "batch size -1: the program was compiled for 1 to 16");
  EXPECT_EQ(fit(train.data(), {.validation_split = 1}), "validation split must lie in [0, 1)");
  EXPECT_EQ(fit(train.data(), {.validation_split = NAN}), "validation split must lie in [0, 1)");
  EXPECT_EQ(fit(train.data(), {.epochs = -1}), "epochs must not be negative");
  EXPECT_EQ(fit(train.data(), {.resume = true}), "resume needs a checkpoint folder");
  EXPECT_EQ(Message([&] { trainer.Fit(train.data().Slice(0, 0), {}); }, kExitBadInput),
            "there are no samples to train on");
  EXPECT_EQ(Message([&] { trainer.Fit(Dataset(), {}); }, kExitBadInput), "there are no samples to train on");
  EXPECT_EQ(Message([&] { trainer.Evaluate(Dataset()); }, kExitBadInput), "there are no samples to evaluate");
  EXPECT_EQ(Message([&] { trainer.set_learning_rate(NAN); }, kExitUsage), "learning_rate must be a finite number");
  EXPECT_EQ(Message([&] { trainer.SetScalar("speed", 1); }, kExitBadInput), "softmax has no scalar input speed");
}

TEST(Fit, RefusesAProgramForAnotherMachine) {
  static const char* const kFeatures[] = {"avx1024", "sse4.1", "quantum", nullptr};
  brine_backend backend = *kSoftmaxProgram.backend;
  backend.cpu_features = kFeatures;
  brine_program program = kSoftmaxProgram;
  program.backend = &backend;
  EXPECT_EQ(Message([&] { Trainer trainer(program); }, kExitFailed),
            "softmax was compiled for any, but this processor lacks avx1024, quantum");
  program.backend = kSoftmaxProgram.backend;
  program.abi_version = 7;
  EXPECT_EQ(Message([&] { Trainer trainer(program); }, kExitBadInput),
            "the program was compiled for version 7 of the runtime, this is version 6");
}

TEST(Predict, GivesARowOfProbabilitiesForEachSample) {
  const Images train(300), test(37, 3);
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(train.data(), {.epochs = 8, .verbose = false});
  const std::vector<float> rows = trainer.Predict(std::span<const uint8_t>(test.pixels));
  ASSERT_EQ(rows.size(), 37u * kClasses);
  int right = 0;
  for (size_t sample = 0; sample < 37; ++sample) {
    const auto row = rows.begin() + static_cast<std::ptrdiff_t>(sample) * kClasses;
    EXPECT_NEAR(row[0] + row[1] + row[2] + row[3], 1, 1e-5);
    right += std::max_element(row, row + kClasses) - row == test.labels[sample];
  }
  EXPECT_NEAR(right / 37.0, trainer.Evaluate(test.data())["accuracy"], 1e-6);
  EXPECT_THAT(trainer.Predict(std::span<const uint8_t>()), ElementsAre());
  EXPECT_EQ(Message([&] { trainer.Predict(std::span<const uint8_t>(test.pixels).first(100)); }, kExitBadInput),
            "100 elements are no whole number of samples of 192");
}

TEST(Shuffle, IsAPermutationOfSeedAndEpoch) {
  const auto order = [](uint64_t seed, int64_t epoch) {
    std::vector<int64_t> result(1000);
    ShuffledOrder(seed, epoch, result);
    return result;
  };
  const std::vector<int64_t> first = order(1, 0);
  EXPECT_EQ(std::set<int64_t>(first.begin(), first.end()).size(), 1000u);
  EXPECT_EQ(first, order(1, 0));
  EXPECT_NE(first, order(1, 1));
  EXPECT_NE(first, order(2, 0));
  int stayed = 0;
  for (int64_t index = 0; index < 1000; ++index) stayed += first[static_cast<size_t>(index)] == index;
  EXPECT_LT(stayed, 10);
}

}  // namespace
}  // namespace brine::testing
