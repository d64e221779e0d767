// Tests training on several ranks, which are threads of this process, against training in one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>

#include "runtime/core/philox.h"
#include "runtime/trainer/callbacks.h"
#include "runtime/trainer/fit_loop.h"
#include "runtime/trainer/shared_mean.h"
#include "tests/runtime/line_program.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"
#include "tests/runtime/thread_ranks.h"

namespace brine::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// ---- the sum over blocks of several ranks
// -------------------------------------------------------------------------------

// The sum of numbers by the definition of the tree, from its top.
float SumOfTree(const std::vector<float>& blocks, size_t begin, size_t end) {
  if (end - begin == 1) return blocks[begin];
  size_t half = 1;
  while (2 * half < end - begin) half *= 2;
  return SumOfTree(blocks, begin, begin + half) + SumOfTree(blocks, begin + half, end);
}

TEST(SumPlan, IsTheTreeWhoeverHasTheBlocks) {
  for (uint32_t count = 1; count <= 40; ++count) {
    std::vector<float> blocks;
    for (uint32_t block = 0; block < count; ++block)
      blocks.push_back(std::ldexp(static_cast<float>(brine_uniform(1, block, count, 0)) - 0.5f, block * 7 % 13));
    for (int64_t of_rank = 1; of_rank <= count + 3; ++of_rank) {
      const SumPlan plan = PlanSum(count, of_rank);
      std::vector<float> sums;
      int64_t next = 0;
      for (const SumPlan::Part& part : plan.parts) {
        ASSERT_EQ(part.begin, next);
        ASSERT_EQ(part.begin / of_rank, part.rank);
        ASSERT_EQ((part.end - 1) / of_rank, part.rank);
        sums.push_back(SumOfTree(blocks, static_cast<size_t>(part.begin), static_cast<size_t>(part.end)));
        next = part.end;
      }
      ASSERT_EQ(next, count);
      for (const SumPlan::Addition& addition : plan.additions) sums[addition.target] += sums[addition.source];
      ASSERT_EQ(sums[0], SumOfTree(blocks, 0, count)) << count << " blocks, " << of_rank << " of each rank";
    }
  }
}

// ---- training
// -----------------------------------------------------------------------------------------------------------

std::string StateOf(Trainer& trainer) {
  std::string bytes;
  for (int32_t index = 0; index < trainer.program().variable_count; ++index) {
    bytes.append(reinterpret_cast<const char*>(brine_variable_data(trainer.state(), index)),
                 static_cast<size_t>(brine_variable_bytes(&trainer.program(), index)));
  }
  return bytes;
}

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

// Points of a line, for a program with two parameters, of which most ranks get no slice.
struct Line {
  std::vector<float> x, y;

  explicit Line(int points, float scale = 1) {
    for (int point = 0; point < points; ++point) {
      x.push_back(std::sin(static_cast<float>(point)));
      y.push_back(scale * (2 * x.back() - 0.5f + 0.1f * std::cos(3 * static_cast<float>(point))));
    }
  }
  Dataset data() const {
    const auto count = static_cast<int64_t>(x.size());
    return Dataset({{"x", count, std::span<const float>(x)}, {"label", count, std::span<const float>(y)}});
  }
};

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

}  // namespace
}  // namespace brine::testing
