// A run that ends in the middle, in whatever way, can be resumed and gives the same bits.
#include <filesystem>

#include "tests/e2e/project.h"

namespace brine {
namespace {

const std::string kTrain = "brine train digits.cc --data data --batch-size 8 --quiet ";  // 50 steps an epoch
constexpr uint64_t kSteps = 50;

// Of the newest checkpoint in folder `run`.
uint64_t StepsDone(const Project& project) {
  uint64_t newest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(project.path("run"))) {
    const std::string name = entry.path().filename();
    if (name.rfind("step-", 0) == 0) newest = std::max<uint64_t>(newest, std::strtoull(name.c_str() + 5, nullptr, 10));
  }
  return newest;
}

// Goes on from folder `run` to the end of epoch `epochs`, and compares with a run that nothing disturbed.
void ExpectTheSameBits(const Project& project, uint64_t epochs) {
  const std::string flags = "--epochs " + std::to_string(epochs);
  project.Run(kTrain + flags + " --checkpoint run --resume --save resumed");
  project.Run(kTrain + flags + " --save whole");
  EXPECT_FALSE(project.Read("whole").empty());
  EXPECT_EQ(project.Read("resumed"), project.Read("whole")) << "after " << epochs << " epochs";
}

// The name of the newest checkpoint, for the shell; not of the temporary file of one.
const std::string kNewest = "$(ls -t run 2>/dev/null | grep '^step-[0-9]*[.]safetensors$' | head -n 1)";

// Starts or resumes an endless run and ends it by `signal` when it has written another checkpoint, and not just
// the temporary file of one; returns its exit code.
int TrainUntil(const Project& project, const std::string& signal, const std::string& flags) {
  return project
      .Try("before=" + kNewest + "\n" + kTrain + "--epochs 1000000 --checkpoint run " + flags + " &\nwhile [ \"" +
           kNewest + "\" = \"$before\" ] && kill -0 $!; do sleep 0.01; done\nkill -" + signal + " $!\nwait $!")
      .code;
}

TEST(Resume, AfterAnEpoch) {
  const Project project;
  project.Run(kTrain + "--epochs 2 --checkpoint run");
  EXPECT_EQ(StepsDone(project), 2 * kSteps);
  ExpectTheSameBits(project, 4);
}

TEST(Resume, AfterCtrlCWithinAnEpoch) {
  const Project project;
  EXPECT_EQ(TrainUntil(project, "INT", ""), 130);
  ExpectTheSameBits(project, StepsDone(project) / kSteps + 2);
}

TEST(Resume, AfterThreeKills) {
  const Project project;
  EXPECT_EQ(TrainUntil(project, "KILL", ""), 128 + 9);
  EXPECT_EQ(TrainUntil(project, "KILL", "--resume"), 128 + 9);
  EXPECT_EQ(TrainUntil(project, "KILL", "--resume"), 128 + 9);
  const uint64_t steps = StepsDone(project);
  EXPECT_EQ(steps % kSteps, 0u);  // only whole epochs are kept when nothing could be said before the end
  ExpectTheSameBits(project, steps / kSteps + 2);
}

// The first run is stopped while the others try, so that whatever changed in the folder was their doing.
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
  ExpectTheSameBits(project, StepsDone(project) / kSteps + 2);  // a lock is not left behind
}

}  // namespace
}  // namespace brine
