// Tests training on several ranks, which are threads of this process, against training in one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "runtime/trainer/callbacks.h"
#include "tests/runtime/line_program.h"
#include "tests/runtime/ranks_data.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"
#include "tests/runtime/thread_ranks.h"

namespace brine::testing {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;

// What a run ends with, as far as it may not depend on the number of ranks.
struct RunEnd {
  std::string state;
  std::vector<std::pair<std::string, double>> results;  // of all epochs
  double learning_rate = 0;
  bool stopped = false;
  int64_t steps = 0;
};

RunEnd Train(const brine_program& program, const brine_communicator* communicator, const Dataset& data,
             const FitOptions& options) {
  Trainer trainer(program, {.seed = 4, .threads = 1, .communicator = communicator});
  const History history = trainer.Fit(data, options);
  RunEnd end = {StateOf(trainer), {}, 0, history.stopped, static_cast<int64_t>(brine_steps_done(trainer.state()))};
  for (const EpochResult& epoch : history.epochs) {
    for (const auto& log : Logs(epoch)) end.results.push_back(log);
  }
  if (&program == &kSoftmaxProgram) end.learning_rate = trainer.learning_rate();
  return end;
}

using Options = std::function<FitOptions(int32_t rank)>;

// Trains on so many ranks, of which each must end like this.
void ExpectOnRanks(int size, const RunEnd& wanted, const brine_program& program, const Dataset& data,
                   const Options& options, int most_microseconds = 50) {
  std::vector<RunEnd> ends(static_cast<size_t>(size));
  const RanksEnd end = RunRanks(
      size,
      [&](const brine_communicator& communicator) {
        ends[static_cast<size_t>(communicator.rank)] = Train(program, &communicator, data, options(communicator.rank));
      },
      most_microseconds);
  EXPECT_THAT(end.errors, Each(IsEmpty())) << size;
  EXPECT_THAT(end.codes, IsEmpty());
  EXPECT_THAT(end.misuses, IsEmpty());
  for (const RunEnd& one : ends) {
    EXPECT_TRUE(one.state == wanted.state) << size << " ranks";
    EXPECT_EQ(one.results, wanted.results) << size << " ranks";
    EXPECT_EQ(one.learning_rate, wanted.learning_rate);
    EXPECT_EQ(one.stopped, wanted.stopped);
    EXPECT_EQ(one.steps, wanted.steps);
  }
}

// 101 images are steps of 2·S rows and one that has fewer shards, of which the last one has a single row.  The rate is
// so high that it is reduced, and that the run stops early.
TEST(Ranks, GiveTheSameBitsOfTheSameShards) {
  const Images images(101), more(43, 2);
  const Dataset data = images.data(), validation = more.data();
  const struct {
    int shards;
    std::vector<int> sizes;
  } kRows[] = {{8, {2, 4, 8}}, {6, {2, 3}}, {5, {5}}, {12, {4, 6}}, {3, {3}}};
  for (const auto& row : kRows) {
    const auto options = [&](int32_t) {
      return FitOptions{
          .epochs = 12,
          .batch_size = 2 * row.shards,
          .shards = row.shards,
          .validation_data = &validation,
          .callbacks = {EarlyStopping({.patience = 1, .restore_best_weights = true}),
                        ReduceLROnPlateau({.factor = 0.5, .patience = 1}),
                        {.on_train_begin = [](Trainer& t, const EpochResult&) { t.set_learning_rate(0.2); }}},
          .verbose = false};
    };
    const RunEnd wanted = Train(kSoftmaxProgram, nullptr, data, options(0));
    EXPECT_TRUE(wanted.stopped);
    EXPECT_LT(wanted.learning_rate, 0.2);
    for (const int size : row.sizes) ExpectOnRanks(size, wanted, kSoftmaxProgram, data, options);
  }
}

// In the last step, some ranks have no shard at all.
TEST(Ranks, MayHaveNoShardInTheLastStep) {
  for (const int points : {32, 33, 37, 50, 63, 64}) {
    const Line line(points);
    const auto options = [](int32_t) {
      return FitOptions{.epochs = 3, .batch_size = 32, .shards = 8, .verbose = false};
    };
    const RunEnd wanted = Train(kLineProgram, nullptr, line.data(), options(0));
    for (const int size : {2, 4, 8}) ExpectOnRanks(size, wanted, kLineProgram, line.data(), options, 0);
  }
}

// If nobody says otherwise, each rank has a shard.  Accumulated batches are shards, too.
TEST(Ranks, HaveAShardEachUnlessTheOptionsSayOtherwise) {
  const Line line(50);
  const auto one = [](int32_t) { return FitOptions{.batch_size = 12, .verbose = false}; };
  const auto accumulated = [](int32_t) {
    return FitOptions{.batch_size = 3, .gradient_accumulation_steps = 4, .verbose = false};
  };
  FitOptions shards = one(0);
  shards.shards = 4;
  const RunEnd wanted = Train(kLineProgram, nullptr, line.data(), shards);
  ExpectOnRanks(4, wanted, kLineProgram, line.data(), one);
  ExpectOnRanks(2, wanted, kLineProgram, line.data(), accumulated);
}

TEST(Ranks, GoOnWithAnotherNumberOfRanks) {
  const Images images(101);
  const Dataset data = images.data();
  const TemporaryFolder folder;
  const FitOptions whole = {.epochs = 3, .batch_size = 12, .shards = 6, .verbose = false};
  const RunEnd wanted = Train(kSoftmaxProgram, nullptr, data, whole);
  const auto options = [&](bool resume, uint64_t last_step) {
    FitOptions part = whole;
    part.checkpoint = folder / "run";
    part.resume = resume;
    part.callbacks = {{.on_batch_end = [last_step](Trainer& t, const EpochResult&) {
      if (brine_steps_done(t.state()) == last_step) t.Stop();
    }}};
    return part;
  };
  // An epoch has 9 steps, so that the run stops within its first two epochs, and goes on to its end.
  const struct {
    int ranks;
    uint64_t last_step;
  } kParts[] = {{2, 4}, {6, 11}, {3, 27}};
  std::vector<std::string> states;
  for (const auto& part : kParts) {
    const RanksEnd end = RunRanks(part.ranks, [&](const brine_communicator& communicator) {
      // Only the first rank's checkpoint counts.
      const std::string state =
          Train(kSoftmaxProgram, &communicator, data, options(part.last_step > 4, part.last_step)).state;
      if (communicator.rank == communicator.size - 1) states.push_back(state);
    });
    EXPECT_THAT(end.errors, Each(IsEmpty()));
    EXPECT_THAT(end.misuses, IsEmpty());
  }
  EXPECT_TRUE(states.back() == wanted.state);
}

// Sums of gradients that are denormal count as zero, in one process as on several ranks.
TEST(Ranks, TakeDenormalSumsAsZeros) {
  const std::vector<float> x(64, 1.0f), y(64, 1.5e-38f);
  const Dataset data({{"x", 64, std::span<const float>(x)}, {"label", 64, std::span<const float>(y)}});
  const auto options = [](int32_t) {
    return FitOptions{.batch_size = 16,
                      .shards = 4,
                      .callbacks = {{.on_train_begin =
                                         [](Trainer& t, const EpochResult&) {
                                           std::memset(brine_variable_data(t.state(), 0), 0, sizeof(float));
                                           t.SetScalar("rate", 1e30);
                                         }}},
                      .verbose = false};
  };
  const RunEnd wanted = Train(kLineProgram, nullptr, data, options(0));
  EXPECT_EQ(wanted.state, std::string(8, '\0'));  // a fourth of 3e-38 is denormal
  for (const int size : {2, 4}) ExpectOnRanks(size, wanted, kLineProgram, data, options);
}

}  // namespace
}  // namespace brine::testing
