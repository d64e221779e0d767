// Tests how several ranks fail: alone, which ends all of them, and together, if they differ.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>

#include "tests/runtime/line_program.h"
#include "tests/runtime/ranks_data.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/thread_ranks.h"

namespace brine::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A step has four shards of four points, and in each epoch some points follow that fill no batch.  The other ranks get
// the sentence of the first one that fails, and nobody prints it but their callers.
TEST(Ranks, FailTogetherIfOneFails) {
  const float most = std::numeric_limits<float>::max(), nan = std::numeric_limits<float>::quiet_NaN();
  const struct {
    int ranks;
    std::vector<std::pair<size_t, float>> points;
    std::string error;  // which is that of a line
    int steps;
  } kRows[] = {
      {2, {{41, most}}, "5 rank 1: model.cc:3: line: loss is not finite in step 3; nothing was updated", 2},
      {2, {{41, nan}}, "3 rank 1: sample 41: x: element 0 is not a finite number", 2},
      // The first shard of the rank, which then does not make the second one.
      {2, {{33, most}}, "5 rank 0: model.cc:3: line: loss is not finite in step 3; nothing was updated", 2},
      {4, {{12, most}, {3, nan}}, "3 rank 0: sample 3: x: element 0 is not a finite number", 0},
      {4, {{15, most}, {7, most}}, "5 rank 1: model.cc:3: line: loss is not finite in step 1; nothing was updated", 0},
      {4, {{67, most}}, "5 rank 0: model.cc:3: line: loss is not finite in step 5; nothing was updated", 4},
  };
  for (const auto& row : kRows) {
    const Line good(68);
    Line line = good;
    for (const auto& [point, x] : row.points) line.x[point] = x;
    const FitOptions options = {.batch_size = 16, .shards = 4, .shuffle = false, .verbose = false};
    // One process does the steps before, and then goes on with good points, as the ranks do.
    Trainer alone(kLineProgram);
    if (row.steps > 0) alone.Fit(good.data().Slice(0, 16 * row.steps), options);
    const std::string before = StateOf(alone);
    alone.Fit(good.data(), options);
    ::testing::internal::CaptureStderr();
    const RanksEnd end = RunRanks(row.ranks, [&](const brine_communicator& communicator) {
      Trainer trainer(kLineProgram, {.communicator = &communicator});
      try {
        trainer.Fit(line.data(), options);
      } catch (const Error&) {
        EXPECT_TRUE(StateOf(trainer) == before);
        EXPECT_EQ(brine_steps_done(trainer.state()), static_cast<uint64_t>(row.steps));
        trainer.Fit(good.data(), options);
        EXPECT_TRUE(StateOf(trainer) == StateOf(alone));
        throw;
      }
    });
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    EXPECT_THAT(end.errors, AllOf(Each(row.error), SizeIs(row.ranks)));
    EXPECT_THAT(end.codes, IsEmpty());
    EXPECT_THAT(end.misuses, IsEmpty());
  }
}

// In each of the eight shards of a step, whose sums are sent after it or with others.
TEST(Ranks, FailTogetherIfOnlyAGradientOverflows) {
  for (const int ranks : {2, 4, 8}) {
    for (int shard = 0; shard < 8; ++shard) {
      const RanksEnd end = RunRanks(ranks, [&](const brine_communicator& communicator) {
        Trainer trainer(kLineProgram, {.communicator = &communicator});
        const Line line = LineWithSteepPoint(trainer, 32, static_cast<size_t>(4 * shard + 1));
        trainer.Fit(line.data(), {.batch_size = 32, .shards = 8, .shuffle = false, .verbose = false});
      });
      EXPECT_THAT(
          end.errors,
          AllOf(Each(Concat({"5 rank ", shard * ranks / 8,
                             ": model.cc:3: line: line/kernel.grad is not finite in step 1; nothing was updated"})),
                SizeIs(ranks)));
      EXPECT_THAT(end.codes, IsEmpty());
    }
  }
}

// In Evaluate, too: of batches of 4, the second is that of rank 1, and the ninth of rank 0, when the others have none.
// The validation of Fit does the same.
TEST(Ranks, FailTogetherToEvaluate) {
  const Line good(32);
  for (const bool in_fit : {false, true}) {
    for (const auto& [point, rank] : {std::pair(5, 1), std::pair(34, 0)}) {
      Line line(35);
      line.y[static_cast<size_t>(point)] = std::numeric_limits<float>::infinity();
      const Dataset data = line.data();
      const RanksEnd end = RunRanks(4, [&](const brine_communicator& communicator) {
        Trainer trainer(kLineProgram, {.communicator = &communicator});
        if (in_fit)
          trainer.Fit(good.data(), {.batch_size = 16, .validation_data = &data, .verbose = false});
        else
          trainer.Evaluate(data);
      });
      EXPECT_THAT(
          end.errors,
          AllOf(Each(Concat({"3 rank ", rank, ": sample ", point, ": label: its label is not finite"})), SizeIs(4)));
      EXPECT_THAT(end.codes, IsEmpty());
      EXPECT_THAT(end.misuses, IsEmpty());
    }
  }
}

// A callback throws.
TEST(Ranks, ARankThatFailsAloneNamesItselfAndEndsAll) {
  const Line line(32);
  ::testing::internal::CaptureStderr();
  const RanksEnd end = RunRanks(3, [&](const brine_communicator& communicator) {
    const auto fail = [&](Trainer& trainer, const EpochResult& result) {
      if (trainer.ranks().rank() == 1 && result.epoch == 1) throw Error(kExitFailed, "the disk is full");
    };
    Trainer(kLineProgram, {.communicator = &communicator})
        .Fit(line.data(), {.epochs = 3, .batch_size = 12, .callbacks = {{.on_epoch_end = fail}}, .verbose = false});
    ADD_FAILURE() << "rank " << communicator.rank << " has not failed";
  });
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "rank 1: the disk is full\n");
  EXPECT_THAT(end.codes, ElementsAre(kExitFailed));
  EXPECT_THAT(end.errors, Each(IsEmpty()));
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

}  // namespace
}  // namespace brine::testing
