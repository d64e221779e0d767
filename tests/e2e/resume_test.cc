// Tests that a run which ends early, in any way, can be resumed and then gives the same bits.
#include <filesystem>

#include "tests/e2e/project.h"

namespace brine {
namespace {

const std::string kTrain = "brine train digits.cc --data data --batch-size 8 --quiet ";  // an epoch has 50 steps
constexpr uint64_t kSteps = 50;

// The number of steps of the newest checkpoint in the folder `run`.
uint64_t StepsDone(const Project& project) {
  uint64_t newest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(project.path("run"))) {
    const std::string name = entry.path().filename();
    if (name.rfind("step-", 0) == 0) newest = std::max<uint64_t>(newest, std::strtoull(name.c_str() + 5, nullptr, 10));
  }
  return newest;
}

// A shell command that prints the name of the newest checkpoint, ignoring temporary files.
const std::string kNewest = "$(ls -t run 2>/dev/null | grep '^step-[0-9]*[.]safetensors$' | head -n 1)";

// Starts or resumes an endless run, and ends it by `signal` when it has written another checkpoint, not only its
// temporary file.  Returns the exit code.
int TrainUntil(const Project& project, const std::string& signal, const std::string& flags) {
  return project
      .Try("before=" + kNewest + "\n" + kTrain + "--epochs 1000000 --checkpoint run " + flags + " &\nwhile [ \"" +
           kNewest + "\" = \"$before\" ] && kill -0 $!; do sleep 0.01; done\nkill -" + signal + " $!\nwait $!")
      .code;
}

TEST(Resume, AfterAnEpochGivesTheSameBits) {
  const Project project;
  project.Run(kTrain + "--epochs 2 --checkpoint run");
  EXPECT_EQ(StepsDone(project), 2 * kSteps);
  project.ExpectResumedAsWhole(kTrain, 4);
}

TEST(Resume, AfterCtrlCWithinAnEpochGivesTheSameBits) {
  const Project project;
  EXPECT_EQ(TrainUntil(project, "INT", ""), 130);
  project.ExpectResumedAsWhole(kTrain, StepsDone(project) / kSteps + 2);
}

TEST(Resume, AfterThreeKillsGivesTheSameBits) {
  const Project project;
  EXPECT_EQ(TrainUntil(project, "KILL", ""), 128 + 9);
  EXPECT_EQ(TrainUntil(project, "KILL", "--resume"), 128 + 9);
  EXPECT_EQ(TrainUntil(project, "KILL", "--resume"), 128 + 9);
  const uint64_t steps = StepsDone(project);
  EXPECT_EQ(steps % kSteps, 0u);  // a killed run writes no checkpoint within an epoch
  project.ExpectResumedAsWhole(kTrain, steps / kSteps + 2);
}

constexpr char kNormalized[] = R"(#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("normalized", Input({12, 12, 1}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 8, .kernel_size = 3, .strides = 2, .use_bias = false}));
  net.Add(BatchNormalization({.momentum = 0.9f}));
  net.Add(ReLU());
  net.Add(Flatten());
  net.Add(Dense({.units = 10}));
  net.Compile({.optimizer = "adam", .loss = SparseCategoricalCrossentropy({.from_logits = true}), .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
)";

// The last batch of an epoch has 1 row, so that its statistics count another number of pixels.
TEST(Resume, MovingStatisticsGiveTheSameBits) {
  const Project project;
  project.Write("normalized.cc", kNormalized);
  const std::string train = "brine train normalized.cc --data data --batch-size 57 --quiet ";
  project.Run(train + "--epochs 1 --checkpoint run");
  project.ExpectResumedAsWhole(train, 3);
  EXPECT_NE(project.Read("whole").find("batch_normalization/moving_variance"), std::string::npos);
}

// The first run is paused while the others try, so that only they can have changed the folder.
TEST(Resume, TwoRunsDoNotShareAFolder) {
  const Project project;
  const std::string refused =
      "error: run: another run writes its checkpoints there; wait for its end or take another folder\n";
  const std::string list = "ls -l --time-style=full-iso run", others = "2>>others; echo $?\n";
  const CommandResult result =
      project.Try("first=\n" + kTrain + "--epochs 1000000 --checkpoint run &\nfirst=$!\nwhile [ -z \"" + kNewest +
                  "\" ] && kill -0 $first; do sleep 0.01; done\nkill -STOP $first\n" + list + " >before\n" + kTrain +
                  "--checkpoint run " + others + kTrain + "--checkpoint run --resume " + others + list +
                  " >after\nkill -KILL $first\nwait $first");
  EXPECT_EQ(result.code, 128 + 9);
  EXPECT_EQ(result.out, "1\n1\n");
  EXPECT_EQ(project.Read("others"), refused + refused);
  EXPECT_EQ(project.Read("after"), project.Read("before"));
  project.ExpectResumedAsWhole(kTrain, StepsDone(project) / kSteps + 2);  // the lock of the first run is gone
}

}  // namespace
}  // namespace brine
