// Training through the tool: what it prints and writes, and that a run gives the same bits however it came about.
#include <gmock/gmock.h>

#include "tests/e2e/folder.h"

namespace brine {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class TrainTest : public FolderTest {
 protected:
  // The state that `brine train <flags>` saves.
  std::string State(const std::string& flags, const std::string& model = "model.cc") {
    const CommandResult run = Here("brine train " + model + " --quiet --save saved.safetensors " + flags);
    EXPECT_EQ(run.code, 0) << flags << ": " << run.err;
    return Read("saved.safetensors");
  }
};

TEST_F(TrainTest, EndsWithTheTestAccuracy) {
  const CommandResult run = Here("brine train model.cc --epochs 2");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, MatchesRegex("Test loss: [0-9.]+\nTest accuracy: 0\\.[0-9]+\n"));
  EXPECT_THAT(run.err, HasSubstr("Epoch 2/2"));
  const CommandResult quiet = Here("brine train model.cc --epochs 1 --quiet");
  EXPECT_EQ(quiet.err, "");
}

TEST_F(TrainTest, PrintsAnObjectAnEpochAsJson) {
  const CommandResult run = Here("brine train model.cc --epochs 2 --validation-split 0.1 --json --quiet");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, MatchesRegex("\\{\"epoch\": 1, \"loss\": [0-9.]+, \"accuracy\": [0-9.]+, \"val_loss\": [0-9.]+, \"val_accuracy\": [0-9.]+, \"seconds\": [-e0-9.]+\\}\n"
                                    "\\{\"epoch\": 2, .*\\}\n\\{\"test_loss\": [0-9.]+, \"test_accuracy\": [0-9.]+\\}\n"));
}

TEST_F(TrainTest, GivesTheSameBitsOnAnyNumberOfThreads) {
  const std::string one = State("--epochs 1 --threads 1");
  ASSERT_FALSE(one.empty());
  for (const char* threads : {"2", "3", "4"}) EXPECT_EQ(State(std::string("--epochs 1 --threads ") + threads), one) << threads << " threads";
  EXPECT_NE(State("--epochs 1 --seed 1"), one);
}

TEST_F(TrainTest, AResumedRunIsTheUninterruptedOne) {
  const std::string whole = State("--epochs 3");
  State("--epochs 2 --checkpoint kept");
  EXPECT_EQ(State("--epochs 3 --checkpoint kept --resume --threads 3"), whole);
}

// The process is killed in the middle of an epoch, when a checkpoint is there.
TEST_F(TrainTest, ARunThatWasKilledGoesOn) {
  const std::string whole = State("--epochs 30");
  const CommandResult killed = Here(
      "brine train model.cc --quiet --epochs 30 --checkpoint kept & process=$!\n"
      "for wait in $(seq 2000); do ls kept/*.safetensors >/dev/null 2>&1 && break; sleep 0.01; done\n"
      "kill -9 $process; wait $process");
  EXPECT_EQ(killed.code, 137);
  EXPECT_EQ(State("--epochs 30 --checkpoint kept --resume"), whole);
}

TEST_F(TrainTest, AnInterruptedRunLeavesACheckpointAndGoesOn) {
  const std::string whole = State("--epochs 30");
  const CommandResult interrupted = Here(
      "brine train model.cc --quiet --epochs 30 --checkpoint kept & process=$!\n"
      "for wait in $(seq 2000); do ls kept/*.safetensors >/dev/null 2>&1 && break; sleep 0.01; done\n"
      "kill -INT $process; wait $process");
  EXPECT_EQ(interrupted.code, 130);
  EXPECT_EQ(State("--epochs 30 --checkpoint kept --resume"), whole);
}

TEST_F(TrainTest, AGraphInAFileTrainsAsTheModelDoes) {
  const std::string from_source = State("--epochs 1");
  for (const char* format : {"pb", "pbtxt", "text"}) {
    const std::string file = std::string("graph.") + (std::string(format) == "text" ? "ir" : format);
    ASSERT_EQ(Here("brine inspect model.cc --stage graph --format " + std::string(format) + " >" + file).code, 0);
    EXPECT_EQ(State("--epochs 1", file), from_source) << format;
  }
}

TEST_F(TrainTest, RatesAndSeedsCompileNothing) {
  State("--epochs 1");
  const std::string before = Here("brine cache stats").out;
  State("--epochs 1 --seed 5 --learning-rate 0.01");
  std::string text = kSmallModel;
  text.replace(text.find("1e-3f"), 5, "2e-3f");
  text.replace(text.find("Dropout(0.1)"), 12, "Dropout(0.2)");
  Write("model.cc", text);
  State("--epochs 1");
  // The edited model.cc and the program with its other constants are entries of their own; kernels are not.
  const auto entries = [](const std::string& stats) { return std::stoi(stats.substr(0, stats.find(' '))); };
  EXPECT_LE(entries(Here("brine cache stats").out), entries(before) + 2);
}

TEST_F(TrainTest, ThenEvaluatesAndPredicts) {
  State("--epochs 1 --checkpoint kept");
  const CommandResult trained = Here("brine train model.cc --quiet --epochs 1");
  EXPECT_EQ(Here("brine evaluate model.cc --weights saved.safetensors").out, trained.out);
  EXPECT_EQ(Here("brine evaluate model.cc --checkpoint kept").out, trained.out);
  EXPECT_THAT(Here("brine evaluate model.cc --checkpoint kept --json").out, MatchesRegex("\\{\"test_loss\": [0-9.]+, \"test_accuracy\": [0-9.]+\\}\n"));
  EXPECT_THAT(Here("brine predict model.cc 7 --weights saved.safetensors").out, MatchesRegex("7: ([a-z]+ [01]\\.[0-9]+, ){9}[a-z]+ [01]\\.[0-9]+\n"));
}

}  // namespace
}  // namespace brine
