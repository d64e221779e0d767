// Tests training on several ranks, which are threads of this process, against training in one process.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
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

// ---- the sum over blocks of several ranks ----

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

// ---- training ----

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

// ---- failures ----

// The points 8 to 15 of a batch of 16 are those of the last of two ranks.
TEST(Ranks, ARankThatFailsNamesItselfAndEndsAll) {
  const struct {
    float x;
    int code;
    const char* sentence;
  } kRows[] = {
      {std::numeric_limits<float>::max(), kExitDiverged,
       "rank 1: model.cc:3: line: loss is not finite in step 3; nothing was updated\n"},
      {std::numeric_limits<float>::quiet_NaN(), kExitBadInput,
       "rank 1: sample 41: x: element 0 is not a finite number\n"},
  };
  for (const auto& row : kRows) {
    Line line(64);
    line.x[41] = row.x;
    int steps = 0;
    ::testing::internal::CaptureStderr();
    const RanksEnd end = RunRanks(2, [&](const brine_communicator& communicator) {
      Trainer trainer(kLineProgram, {.communicator = &communicator});
      trainer.Fit(line.data(), {.batch_size = 16,
                                .shards = 4,
                                .shuffle = false,
                                .callbacks = {{.on_batch_end =
                                                   [&](Trainer& t, const EpochResult&) {
                                                     if (t.ranks().is_first()) ++steps;
                                                   }}},
                                .verbose = false});
      ADD_FAILURE() << "rank " << communicator.rank << " has not failed";
    });
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), row.sentence);
    EXPECT_THAT(end.codes, ElementsAre(row.code));
    EXPECT_THAT(end.errors, Each(IsEmpty()));
    EXPECT_EQ(steps, 2);
  }
}

// In Evaluate, too: of batches of 4, the second is that of rank 1.
TEST(Ranks, ARankThatFailsToEvaluateEndsAll) {
  Line line(32);
  line.y[5] = std::numeric_limits<float>::infinity();
  ::testing::internal::CaptureStderr();
  const RanksEnd end = RunRanks(4, [&](const brine_communicator& communicator) {
    Trainer(kLineProgram, {.communicator = &communicator}).Evaluate(line.data());
  });
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "rank 1: sample 5: label: its label is not finite\n");
  EXPECT_THAT(end.codes, ElementsAre(kExitBadInput));
}

// The others must not wait until somebody reads what the rank that fails has printed.
TEST(Ranks, ARankWhoseOutputNobodyReadsEndsAll) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    int ends[2];
    if (pipe2(ends, O_NONBLOCK) != 0) _exit(1);
    while (write(ends[1], "full", 4) > 0) {
    }
    if (fcntl(ends[1], F_SETFL, 0) != 0 || dup2(ends[1], STDOUT_FILENO) < 0) _exit(1);
    std::printf("a line");
    const brine_communicator communicator = {0,       2,       nullptr, nullptr,
                                             nullptr, nullptr, nullptr, [](int32_t code) { _exit(code); }};
    Ranks(&communicator).Abort(Error(kExitDiverged, "this is a test"));
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kExitDiverged);
}

// What one rank has another way.
struct Difference {
  std::function<void(brine_program&, TrainerOptions&, FitOptions&, Images&, Images&)> make;
  const char* sentence;  // after "3 rank 2 has ", as far as it is known
};

TEST(Ranks, RefuseWhatDiffers) {
  const Difference kRows[] = {
      {[](auto& p, auto&, auto&, auto&, auto&) { p.name = "other"; },
       "3 rank 2 has the program other, rank 0 has softmax"},
      {[](auto& p, auto&, auto&, auto&, auto&) { p.graph_hash = 7; },
       "3 rank 2 has a program with the graph 0000000000000007, rank 0 has 1234567890abcdef"},
      {[](auto& p, auto&, auto&, auto&, auto&) { p.numerics_id = "avx"; },
       "3 rank 2 has a program with the kernels avx, rank 0 has by hand"},
      {[](auto& p, auto&, auto&, auto&, auto&) { p.batch_size = 8; },
       "3 rank 2 has a program compiled for a batch of 8, rank 0 has 16"},
      {[](auto&, auto&, auto& o, auto&, auto&) { o.epochs = 2; }, "2 rank 2 has a number of epochs of 2, rank 0 has 1"},
      {[](auto&, auto&, auto& o, auto&, auto&) { o.initial_epoch = 1; },
       "2 rank 2 has a first epoch of 1, rank 0 has 0"},
      {[](auto&, auto&, auto& o, auto&, auto&) { o.batch_size = 24; },
       "2 rank 2 has shards of a number of rows of 8, rank 0 has 4"},
      {[](auto&, auto&, auto& o, auto&, auto&) { o.shards = 6, o.batch_size = 24; },
       "2 rank 2 has a number of shards of 6, rank 0 has 3"},
      {[](auto&, auto&, auto& o, auto&, auto&) { o.validation_split = 0.25; },
       "2 rank 2 has a validation split of 0.25, rank 0 has 0"},
      {[](auto&, auto&, auto& o, auto&, auto&) { o.shuffle = false; }, "2 rank 2 has shuffle off, rank 0 has on"},
      {[](auto&, auto&, auto& o, auto&, auto&) { o.resume = true; }, "2 rank 2 has resume on, rank 0 has off"},
      {[](auto&, auto&, auto& o, auto&, auto&) { o.checkpoint = "somewhere"; },
       "2 rank 2 has checkpoints on, rank 0 has off"},
      {[](auto&, auto& t, auto&, auto&, auto&) { t.seed = 9; }, "2 rank 2 has a seed of 9, rank 0 has 0"},
      {[](auto&, auto&, auto&, auto& images, auto&) { images = Images(59); },
       "3 rank 2 has a number of training samples of 59, rank 0 has 60"},
      {[](auto&, auto&, auto&, auto& images, auto&) { images.labels[59] ^= 1; },
       "3 rank 2 has training samples with the checksum "},
      {[](auto&, auto&, auto&, auto& images, auto&) { images.pixels.back() ^= 1; },
       "3 rank 2 has training samples with the checksum "},
      {[](auto&, auto&, auto&, auto&, auto& images) { images.pixels[7] ^= 1; },
       "3 rank 2 has validation samples with the checksum "},
  };
  for (const Difference& row : kRows) {
    const RanksEnd end = RunRanks(3, [&](const brine_communicator& communicator) {
      brine_program program = kSoftmaxProgram;
      TrainerOptions trainer_options = {.communicator = &communicator};
      FitOptions options = {.batch_size = 12, .verbose = false};
      Images images(60), more(20, 2);
      if (communicator.rank == 2) row.make(program, trainer_options, options, images, more);
      const Dataset validation = more.data();
      if (options.validation_split == 0) options.validation_data = &validation;
      Trainer(program, trainer_options).Fit(images.data(), options);
    });
    for (const std::string& error : end.errors) EXPECT_THAT(error, HasSubstr(row.sentence));
    EXPECT_THAT(end.codes, IsEmpty());
    EXPECT_THAT(end.misuses, IsEmpty());
  }
}

TEST(Ranks, RefuseToEvaluateDataThatDiffer) {
  const RanksEnd end = RunRanks(3, [&](const brine_communicator& communicator) {
    const Images images(communicator.rank == 1 ? 19 : 20);
    Trainer(kSoftmaxProgram, {.communicator = &communicator}).Evaluate(images.data());
  });
  for (const std::string& error : end.errors)
    EXPECT_THAT(error, HasSubstr("3 rank 1 has a number of test samples of 19, rank 0 has 20"));
  EXPECT_THAT(end.codes, IsEmpty());
  EXPECT_THAT(end.misuses, IsEmpty());
}

// A callback that does not do the same on all ranks is found at the end of the epoch.
TEST(Ranks, DoNotDriftApart) {
  const RanksEnd end = RunRanks(3, [&](const brine_communicator& communicator) {
    const Images images(60);
    Callback callback;
    callback.on_batch_end = [&](Trainer& trainer, const EpochResult& result) {
      if (communicator.rank == 2 && result.epoch == 1) trainer.SetScalar("learning_rate", 0.5);
    };
    Trainer(kSoftmaxProgram, {.communicator = &communicator})
        .Fit(images.data(), {.epochs = 3, .batch_size = 12, .callbacks = {callback}, .verbose = false});
  });
  for (const std::string& error : end.errors)
    EXPECT_THAT(error, HasSubstr("1 rank 2 has weights after epoch 2 with the checksum "));
  EXPECT_EQ(end.errors.size(), 3u);
  EXPECT_THAT(end.misuses, IsEmpty());
}

TEST(Ranks, RefuseScalarsAndWeightsThatDiffer) {
  for (const bool scalar : {true, false}) {
    const Line line(8);
    const RanksEnd end = RunRanks(2, [&](const brine_communicator& communicator) {
      Trainer trainer(kLineProgram, {.communicator = &communicator});
      if (communicator.rank == 1 && scalar) trainer.SetScalar("rate", 0.5);
      if (communicator.rank == 1 && !scalar) *brine_variable_data(trainer.state(), 1) ^= 1;
      trainer.Fit(line.data(), {.verbose = false});
    });
    EXPECT_THAT(end.errors, Each(HasSubstr(scalar ? "2 rank 1 has a rate of 0.5, rank 0 has 0.1"
                                                  : "3 rank 1 has weights with the checksum ")));
  }
}

// ---- the mean ----

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
      mean.Add(2, 2 * (kShards - step));
    }
    mean.Write();
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
          shared.Finish();
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

int exchanges_begun = 0;

// What a call makes final is sent when it has ended, and not before, although the calls after it have not run.  Others
// go on observing.
TEST(SharedMean, SendsWhatIsFinalWhileTheShardRuns) {
  // The calls of a shard, and one that writes the bias's gradient again.
  std::vector<brine_function> functions(kSoftmaxProgram.functions, kSoftmaxProgram.functions + 3);
  std::vector<brine_call> calls(functions[0].calls, functions[0].calls + 5);
  brine_call again = calls[2];
  const uint16_t values[] = {functions[0].shard_means[1], functions[0].shard_means[1]};
  again.values = values;
  again.input_count = 1;
  again.value_count = 2;
  again.run = [](void**) { return 0; };
  calls.insert(calls.begin() + 3, again);
  functions[0].calls = calls.data();
  functions[0].call_count = 6;
  functions[0].shard_calls = functions[0].first_update = 4;
  brine_program program = kSoftmaxProgram;
  program.functions = functions.data();

  const brine_communicator communicator = {
      0,       2,
      nullptr, nullptr,
      nullptr, [](int32_t, const brine_part*, const brine_part*, void (*)(void*), void*) { ++exchanges_begun; },
      [] {},   nullptr};
  exchanges_begun = 0;
  Trainer trainer(program);
  const Ranks ranks(&communicator);
  // The kernel's gradient fills four buckets of 768 bytes, and the bias's one of 16.
  SharedMean mean(trainer.state(), &functions[0], ranks, kPixels * 4);
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
