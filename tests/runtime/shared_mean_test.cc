// Tests the mean over shards of several ranks: the plan of its additions, and the buckets in which it is sent.
#include "runtime/trainer/shared_mean.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "runtime/core/philox.h"
#include "tests/runtime/ranks_data.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/thread_ranks.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

// Buckets of a few elements, which are late and in random order.
TEST(SharedMean, IsTheSameInBucketsOfAnySize) {
  const Images images(26);
  const brine_function& train = *brine_find_function(&kSoftmaxProgram, "train");
  const auto fill = [&](Trainer& trainer, int64_t shard) {
    auto* const pixels = static_cast<uint8_t*>(brine_input_data(trainer.state(), &train, "x"));
    auto* const labels = static_cast<float*>(brine_input_data(trainer.state(), &train, "label"));
    std::memcpy(pixels, images.pixels.data() + shard * 2 * kPixels, 2 * kPixels);
    std::memset(labels, 0, 2 * kClasses * sizeof(float));
    for (size_t row = 0; row < 2; ++row)
      labels[row * kClasses + static_cast<size_t>(images.labels[2 * static_cast<size_t>(shard) + row])] = 1;
  };
  constexpr int64_t kShards = 12;
  Trainer alone(kSoftmaxProgram);
  ShardMean mean(alone.state(), &train);
  for (int step = 0; step < 3; ++step) {
    for (int64_t shard = 0; shard < kShards - step; ++shard) {
      fill(alone, shard);
      ASSERT_EQ(brine_step_shard(alone.state(), &train, 2, 2 * shard), BRINE_OK);
      ASSERT_EQ(mean.Add(2, 2 * (kShards - step), shard + 1 == kShards - step), BRINE_OK);
    }
    ASSERT_EQ(brine_step_end(alone.state(), &train), BRINE_OK);
  }
  for (const int size : {2, 3, 4, 6}) {
    for (const int64_t bucket_bytes : {36, 1000, 1 << 20}) {
      std::vector<std::string> states(static_cast<size_t>(size));
      const auto run = [&](const brine_communicator& communicator) {
        const Ranks ranks(&communicator);
        Trainer trainer(kSoftmaxProgram, {.communicator = &communicator});
        SharedMean shared(trainer.state(), &train, ranks, bucket_bytes);
        const int64_t of_rank = kShards / size, first = communicator.rank * of_rank;
        for (int step = 0; step < 3; ++step) {
          shared.Begin(kShards - step, of_rank);
          for (int64_t shard = first; shard < std::min(first + of_rank, kShards - step); ++shard) {
            fill(trainer, shard);
            ASSERT_EQ(shared.Step(2, 2 * shard, 2 * (kShards - step)), BRINE_OK);
          }
          shared.Finish(false);
          ASSERT_EQ(brine_step_end(trainer.state(), &train), BRINE_OK);
        }
        states[static_cast<size_t>(communicator.rank)] = StateOf(trainer);
      };
      const RanksEnd end = RunRanks(size, run, bucket_bytes < 100 ? 2 : 300);
      EXPECT_THAT(end.misuses, IsEmpty());
      for (const std::string& state : states) EXPECT_TRUE(state == StateOf(alone)) << size << " " << bucket_bytes;
    }
  }
}

// The program, with one more call in a shard, which writes the bias's gradient again.
struct LateBias {
  std::vector<brine_function> functions{kSoftmaxProgram.functions, kSoftmaxProgram.functions + 3};
  std::vector<brine_call> calls{functions[0].calls, functions[0].calls + 5};
  const uint16_t values[2] = {functions[0].shard_means[1], functions[0].shard_means[1]};
  brine_program program = kSoftmaxProgram;

  LateBias() {
    brine_call again = calls[2];
    again.values = values;
    again.input_count = 1;
    again.value_count = 2;
    again.run = [](void**) { return 0; };
    calls.insert(calls.begin() + 3, again);
    functions[0].calls = calls.data();
    functions[0].call_count = 6;
    functions[0].shard_calls = functions[0].first_update = 4;
    program.functions = functions.data();
  }
};

// A rank fails before its last shard, when nothing is sent, or in it, when all but the bias's gradient is: no other
// waits for it, and nothing is sent twice.
TEST(SharedMean, IsSentByARankThatHasFailed) {
  for (const int failing_shard : {0, 1}) {
    std::vector<int> failures(3);
    const auto run = [&](const brine_communicator& communicator) {
      LateBias late;
      const Ranks ranks(&communicator);
      Trainer trainer(late.program, {.communicator = &communicator});
      SharedMean mean(trainer.state(), &late.functions[0], ranks, 36);
      mean.Begin(6, 2);
      bool has_failed = false;
      for (int shard = 0; shard < 2 && !has_failed; ++shard) {
        if (communicator.rank == 1 && shard == failing_shard) late.calls[2].run = [](void**) { return 1; };
        has_failed = mean.Step(2, 4 * communicator.rank + 2 * shard, 12) != BRINE_OK;
      }
      failures[static_cast<size_t>(communicator.rank)] = has_failed ? 1 : 0;
      mean.Finish(has_failed);
    };
    const RanksEnd end = RunRanks(3, run, 2);
    EXPECT_THAT(failures, ElementsAre(0, 1, 0));
    EXPECT_THAT(end.misuses, IsEmpty());
    EXPECT_THAT(end.codes, IsEmpty());
  }
}

int exchanges_begun = 0;

// What a call makes final is sent when it has ended, and not before, although the calls after it have not run.  Others
// go on observing.
TEST(SharedMean, SendsWhatIsFinalWhileTheShardRuns) {
  LateBias late;
  const brine_communicator communicator = {
      0,       2,
      nullptr, nullptr,
      nullptr, [](int32_t, const brine_part*, const brine_part*, void (*)(void*), void*) { ++exchanges_begun; },
      [] {},   nullptr};
  exchanges_begun = 0;
  Trainer trainer(late.program);
  const Ranks ranks(&communicator);
  // The kernel's gradient fills four buckets of 768 bytes, and the bias's one of 16.
  SharedMean mean(trainer.state(), &late.functions[0], ranks, kPixels * 4);
  std::vector<int> begun;
  const Observation observation(trainer.state(), [&](const brine_call* call, bool done) {
    if (call != nullptr && !done) begun.push_back(exchanges_begun);
  });
  mean.Begin(2, 1);
  ASSERT_EQ(mean.Step(2, 0, 4), BRINE_OK);
  EXPECT_THAT(begun, ElementsAre(0, 0, 0, 4));
  EXPECT_EQ(exchanges_begun, 5);
}

}  // namespace
}  // namespace brine::testing
