// Tests the standard training program on several ranks, which are processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <regex>

#include "tests/runtime/fork_ranks.h"
#include "tests/runtime/line_program.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RanksMainTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::current_path(folder_.path()); }
  void TearDown() override { fs::current_path("/"); }

  // The same command line on all ranks.
  static std::vector<Result> Run(size_t ranks, const std::string& command_line) {
    return RunOnRanks(kSoftmaxProgram, std::vector<std::string>(ranks, command_line));
  }

  TemporaryFolder folder_;
};

// Drops the times from lines of progress.
std::string WithoutTimes(const std::string& text) {
  return std::regex_replace(text, std::regex("- [0-9]+s - [0-9]+(s|ms|us)/step "), "");
}

// Callbacks decide by results, of which every rank has the same.
TEST_F(RanksMainTest, TheFirstRankPrintsAndWritesWhatOneProcessWould) {
  const auto command = [](const std::string& name) {
    return "train --threads 1 --epochs 9 --batch-size 32 --shards 8 --learning-rate 0.1 --early-stopping 1 "
           "--restore-best-weights --reduce-lr-on-plateau 1 --checkpoint " +
           name + " --csv-log " + name + ".csv --save " + name + ".safetensors";
  };
  const Result one = RunProgram(kSoftmaxProgram, command("one"));
  ASSERT_EQ(one.exit_code, 0) << one.error;
  ASSERT_THAT(one.error, HasSubstr("early stopping"));
  for (const size_t ranks : {2, 4}) {
    const std::vector<Result> all = Run(ranks, command("several"));
    EXPECT_EQ(all[0].out, one.out);
    EXPECT_EQ(WithoutTimes(all[0].error), WithoutTimes(one.error));
    for (size_t rank = 0; rank < ranks; ++rank) {
      EXPECT_EQ(all[rank].exit_code, 0) << all[rank].error;
      EXPECT_EQ(rank == 0 ? "" : all[rank].out + all[rank].error, "");
    }
    EXPECT_EQ(folder_.Read("several.csv"), folder_.Read("one.csv"));
    EXPECT_EQ(folder_.Read("several.safetensors"), folder_.Read("one.safetensors"));
    for (const auto& entry : fs::directory_iterator("one")) {
      const std::string name = "/" + entry.path().filename().string();
      EXPECT_EQ(folder_.Read("several" + name), folder_.Read("one" + name)) << name;
    }
    fs::remove_all("several");
  }
}

TEST_F(RanksMainTest, TheFolderOfTheRunIsThatOfTheFirstRank) {
  const std::vector<Result> all = RunOnRanks(kSoftmaxProgram, {"train --quiet --json --run r --batch-size 8 --epochs 2",
                                                               "train --quiet --batch-size 8 --epochs 2"});
  EXPECT_EQ(all[0].exit_code, 0) << all[0].error;
  EXPECT_EQ(all[1].exit_code, 0) << all[1].error;
  EXPECT_EQ(all[1].out, "");
  EXPECT_THAT(folder_.Read("r/log.jsonl"), HasSubstr("\"communication_seconds\": "));
  EXPECT_THAT(all[0].out, HasSubstr("\"waiting_seconds\": "));
  EXPECT_TRUE(fs::exists("r/kernels.json") && fs::exists("r/checkpoints/best.safetensors"));
  // Two shards of 4 rows.
  EXPECT_THAT(folder_.Read("r/config.pbtxt"), HasSubstr("batch_size: 8\naccumulate: 1\nshards: 2\nranks: 2\n"));
}

// Whether the folder has a checkpoint, of which the newest two are kept.
bool HasCheckpoint(const std::string& folder) {
  std::error_code ignored;
  return std::any_of(fs::directory_iterator(folder, ignored), fs::directory_iterator(),
                     [](const fs::directory_entry& entry) { return entry.path().extension() == ".safetensors"; });
}

TEST_F(RanksMainTest, ASignalToOneRankStopsAllAfterTheSameStep) {
  const std::string train = "train --quiet --threads 1 --epochs 12 --batch-size 8 --shards 4 --checkpoint ";
  ASSERT_EQ(RunProgram(kSoftmaxProgram, train + "whole").exit_code, 0);
  const std::vector<Result> all = RunOnRanks(kSoftmaxProgram, std::vector<std::string>(2, train + "parts"),
                                             [](const std::vector<pid_t>& processes) {
                                               for (int tries = 0; tries < 30000 && !HasCheckpoint("parts"); ++tries)
                                                 usleep(1000);
                                               EXPECT_TRUE(HasCheckpoint("parts"));
                                               kill(processes[1], SIGINT);
                                             });
  for (const Result& one : all) EXPECT_EQ(one.exit_code, 130) << one.error;
  EXPECT_THAT(all[0].error, HasSubstr("interrupted after step "));
  EXPECT_EQ(all[1].error, "");
  // Another number of ranks goes on with the same bits.
  for (const Result& one : Run(4, train + "parts --resume")) EXPECT_EQ(one.exit_code, 0) << one.error;
  EXPECT_EQ(folder_.Read("parts/step-15000.safetensors"), folder_.Read("whole/step-15000.safetensors"));
  EXPECT_NE(folder_.Read("parts/step-15000.safetensors"), "");
}

TEST_F(RanksMainTest, RefuseFlagsThatDiffer) {
  const struct {
    const char *first, *third, *sentence;
  } kRows[] = {
      {"--learning-rate 0.001", "--learning-rate=0.01", "rank 2 has --learning-rate 0.01, rank 0 has 0.001"},
      {"", "--seed 3", "rank 2 has --seed 3, rank 0 has none"},
      {"--class-weights 0:2", "", "rank 2 has no --class-weights, rank 0 has 0:2"},
      {"", "--no-shuffle", "rank 2 has --no-shuffle, rank 0 has none"},
      {"--no-shuffle", "", "rank 2 has no --no-shuffle, rank 0 has it"},
      {"--epochs 2", "--epochs 3", "rank 2 has --epochs 3, rank 0 has 2"},
      {"--batch-size 6", "--batch-size 12", "rank 2 has --batch-size 12, rank 0 has 6"},
      {"--shards 6", "--shards 3", "rank 2 has --shards 3, rank 0 has 6"},
      {"--accumulate 6", "--accumulate 3", "rank 2 has --accumulate 3, rank 0 has 6"},
      {"--validation-split 0.1", "--validation-split 0.2", "rank 2 has --validation-split 0.2, rank 0 has 0.1"},
      {"--early-stopping 1", "--early-stopping 2", "rank 2 has --early-stopping 2, rank 0 has 1"},
      {"--early-stopping 1 --monitor loss", "--early-stopping 1", "rank 2 has no --monitor, rank 0 has loss"},
      {"", "--reduce-lr-on-plateau 4", "rank 2 has --reduce-lr-on-plateau 4, rank 0 has none"},
      {"--checkpoint c", "--checkpoint c --resume", "rank 2 has --resume, rank 0 has none"},
      // A mistake of one rank is named with it, and one of all ranks is not.
      {"", "--epoch 3", "rank 2: unknown flag '--epoch'; did you mean --epochs?"},
      {"--epoch 3", "--epoch 3", "unknown flag '--epoch'; did you mean --epochs?"},
      {"--shards 4", "--shards 4", "4 shards cannot be shared equally by 3 ranks"},
      {"--batch-size 16", "--batch-size 16", "batch size 16 is not a multiple of 3, the number of shards"},
  };
  for (const auto& row : kRows) {
    const std::string train = "train --quiet --threads ";
    const std::vector<Result> all =
        RunOnRanks(kSoftmaxProgram, {train + "1 " + row.first, train + "2 " + row.first, train + "1 " + row.third});
    for (const Result& one : all) EXPECT_EQ(one.exit_code, 2) << row.sentence;
    EXPECT_EQ(all[0].error, std::string("error: ") + row.sentence + "\n");
    EXPECT_EQ(all[1].error + all[2].error, "");
  }
  EXPECT_FALSE(fs::exists("c"));
}

TEST_F(RanksMainTest, OnlyTrainTakesSeveralProcesses) {
  for (const char* command : {"evaluate", "bench", "predict 3"}) {
    for (const Result& one : Run(2, command)) EXPECT_EQ(one.exit_code, 2);
    EXPECT_EQ(Run(2, command)[0].error, "error: only train takes several processes, and 2 were started\n");
  }
  const std::vector<Result> all = Run(2, "summary");
  EXPECT_EQ(all[0].out, kSoftmaxProgram.summary);
  EXPECT_EQ(all[1].out, "");
}

// What only the first rank has is sent to the others.
TEST_F(RanksMainTest, TheFirstRankReadsTheWeights) {
  ASSERT_EQ(RunProgram(kSoftmaxProgram, "train --quiet --save w").exit_code, 0);
  const std::string train = "train --quiet --batch-size 8 --shards 2 ";
  ASSERT_EQ(RunProgram(kSoftmaxProgram, train + "--init w --save one").exit_code, 0);
  for (const Result& one : RunOnRanks(kSoftmaxProgram, {train + "--init w --save two", train + "--init none"}))
    EXPECT_EQ(one.exit_code, 0) << one.error;
  EXPECT_EQ(folder_.Read("two"), folder_.Read("one"));
  const std::vector<Result> all = Run(2, train + "--init none");
  EXPECT_EQ(all[0].exit_code, 3);
  EXPECT_EQ(all[1].exit_code, 3);
  EXPECT_EQ(all[0].error, "error: rank 0: none: cannot be opened: No such file or directory\n");
}

}  // namespace
}  // namespace brine::testing
