// Tests that brine train leaves the folder of the run, with its page, and that the process beside the training stays
// out of its way.
#include <gmock/gmock.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "tests/e2e/json.h"
#include "tests/e2e/project.h"
#include "tests/e2e/terminal.h"

namespace brine {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

const std::string kTrain = "brine train digits.cc --data data --batch-size 8 ";

TerminalResult OnTerminal(const Project& project, const std::string& command, int columns = 80,
                          const std::function<void(const std::string&, int)>& react = {}) {
  return RunOnTerminal("cd '" + project.path("") + "' && " + command, columns, react);
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

size_t Count(const std::string& text, const std::string& piece) {
  size_t count = 0;
  for (size_t place = 0; (place = text.find(piece, place)) != std::string::npos; place += piece.size()) ++count;
  return count;
}

TEST(RunFolder, ATerminalGetsAFolderForEachRun) {
  const Project project;
  const TerminalResult first = OnTerminal(project, kTrain + "--epochs 2");
  EXPECT_EQ(first.code, 0);
  EXPECT_THAT(first.output, HasSubstr("Epoch 1/2\r\n"));
  EXPECT_THAT(first.output, ContainsRegex("\r\nloss     [0-9.]+ █▁ [0-9.]+\r\nval_loss [0-9.]+ [█▁]+ [0-9.]+\r\nTest "
                                          "loss: "));
  EXPECT_THAT(first.output, EndsWith("\r\nruns/digits-1: report.html · tensorboard --logdir runs · --resume --run "
                                     "runs/digits-1\r\n"));
  EXPECT_THAT(NamesIn(project.path("runs/digits-1")),
              UnorderedElementsAre("config.pbtxt", "log.jsonl", "steps.csv", "metrics.csv", "train", "validation",
                                   "evaluation.json", "kernels.json", "summary.txt", "model.ir.gz", "checkpoints",
                                   "report.html"));
  EXPECT_THAT(NamesIn(project.path("runs/digits-1/checkpoints")),
              UnorderedElementsAre("lock", "best.safetensors", "step-50.safetensors", "step-100.safetensors"));
  EXPECT_THAT(project.Read("runs/digits-1/report.html"), HasSubstr("digits"));
  // The command of the user, with the tool's name.
  EXPECT_THAT(project.Read("runs/digits-1/config.pbtxt"),
              HasSubstr("command: \"brine\"\ncommand: \"train\"\ncommand: \"digits.cc\"\ncommand: \"--data\"\n"));
  EXPECT_EQ(project.Run("zcat runs/digits-1/model.ir.gz >model.ir; brine inspect model.ir"),
            project.Run("brine inspect digits.cc"));
  // The quiet run says nothing and has a folder of its own, and the next one wants none.
  EXPECT_THAT(OnTerminal(project, kTrain + "--quiet").output, MatchesRegex("Test loss: .*\r\nTest accuracy: .*\r\n"));
  EXPECT_EQ(OnTerminal(project, kTrain + "--no-run").code, 0);
  EXPECT_THAT(NamesIn(project.path("runs")), UnorderedElementsAre("digits-1", "digits-2"));
  // A mistake leaves nothing.
  EXPECT_EQ(OnTerminal(project, kTrain + "--epochs 0").code, 2);
  EXPECT_EQ(OnTerminal(project, kTrain + "--early-stopping 1 --monitor val_los").code, 3);
  EXPECT_THAT(NamesIn(project.path("runs")), UnorderedElementsAre("digits-1", "digits-2"));
}

TEST(RunFolder, ABarFitsTheTerminal) {
  const Project project;
  for (const int columns : {30, 60}) {
    const TerminalResult run = OnTerminal(project, kTrain + "--no-run", columns);
    std::istringstream drawn(run.output.substr(0, run.output.find("50/50")));
    for (std::string line; std::getline(drawn, line, '\r');) {
      size_t width = 0;
      for (const char c : line.substr(0, line.find('\x1b'))) width += (c & 0xC0) != 0x80;
      EXPECT_LT(width, static_cast<size_t>(columns)) << line;
    }
  }
}

TEST(RunFolder, ElsewhereThereIsNoneUnlessAskedFor) {
  const Project project;
  EXPECT_EQ(project.Try(kTrain).code, 0);
  EXPECT_FALSE(fs::exists(project.path("runs")));
  const CommandResult run = project.Try("LC_ALL=C " + kTrain + "--run mine --epochs 2 --json");
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, EndsWith("\nmine: report.html, tensorboard --logdir ., --resume --run mine\n"));
  EXPECT_EQ(ParseJsonLines(run.out).size(), 3u);
  // What the line says goes on, also where the checkpoints are elsewhere.
  const std::string elsewhere = "--run other --checkpoint kept";
  EXPECT_THAT(project.Try("LC_ALL=C " + kTrain + elsewhere).err, EndsWith(", --resume " + elsewhere + "\n"));
  EXPECT_EQ(project.Try(kTrain + "--epochs 2 --resume " + elsewhere).code, 0);
  EXPECT_TRUE(fs::exists(project.path("mine/report.html")));
  // The program that is compiled writes the same folder, without the page.
  project.Run("brine compile digits.cc --batch-size 8 && ./digits train --data data --run own --quiet");
  EXPECT_FALSE(fs::exists(project.path("own/report.html")));
  EXPECT_THAT(project.Run("brine report own"), HasSubstr("own/report.html\n"));
  const CommandResult again = project.Try(kTrain + "--run mine");
  EXPECT_EQ(again.code, 3);
  EXPECT_THAT(again.err, HasSubstr("is of an earlier run; --resume goes on with it, another folder starts anew\n"));
  EXPECT_THAT(again.err, Not(HasSubstr("report.html")));
}

TEST(RunFolder, ProgressHasTheFormThatIsAskedFor) {
  const Project project;
  const CommandResult json = project.Try(kTrain + "--epochs 2 --progress json");
  const std::vector<Json> lines = ParseJsonLines(json.err);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(Number(lines[1], "epoch"), 2);
  EXPECT_THAT(json.out, MatchesRegex("Test loss: .*\nTest accuracy: .*\n"));
  EXPECT_THAT(project.Try(kTrain + "--progress none").err, IsEmpty());
  EXPECT_THAT(project.Try(kTrain + "--progress line").err, MatchesRegex("Epoch 1/1 - .*\n"));
  EXPECT_THAT(project.Try(kTrain + "--progress bar").err, HasSubstr("\r50/50 "));
  EXPECT_THAT(OnTerminal(project, kTrain + "--no-run --progress line").output, Not(HasSubstr("\x1b")));
  const struct {
    const char *flags, *error;
  } rows[] = {{"--progress fancy", "brine: --progress must be auto, bar, line, json or none, got 'fancy'\n"},
              {"--progress bar --quiet", "brine: --quiet and --progress contradict each other\n"},
              {"--run a --no-run", "brine: --run and --no-run contradict each other\n"},
              {"--resume", "brine: --resume needs --run DIR or --checkpoint DIR, where it goes on from\n"}};
  for (const auto& row : rows) {
    const CommandResult result = project.Try(kTrain + row.flags);
    EXPECT_EQ(result.code, 2) << row.flags;
    EXPECT_EQ(result.err, row.error);
  }
  EXPECT_FALSE(fs::exists(project.path("a")));
}

// Ctrl-C reaches both processes, and is one interruption.
TEST(RunFolder, CtrlCSaysWhatIsKeptAndTheRunGoesOn) {
  const Project project;
  bool typed = false;
  const TerminalResult run =
      OnTerminal(project, kTrain + "--epochs 100000", 200, [&](const std::string& text, int terminal) {
        if (typed || text.find("Epoch 4/") == std::string::npos) return;
        typed = write(terminal, "\x03", 1) == 1;
      });
  EXPECT_EQ(run.code, 130);
  EXPECT_THAT(run.output,
              ContainsRegex("\r\ninterrupted after step [0-9]+; runs/digits-1/checkpoints/step-[0-9]+\\.safetensors is "
                            "kept, and --resume --run runs/digits-1 goes on\r\nruns/digits-1: report.html "));
  const size_t epochs = ParseJsonLines(project.Read("runs/digits-1/log.jsonl")).size();
  EXPECT_GE(epochs, 3u);
  const std::string all = std::to_string(epochs + 2);
  project.Run(kTrain + "--quiet --resume --run runs/digits-1 --save parts --epochs " + all);
  project.Run(kTrain + "--quiet --save whole --epochs " + all);
  EXPECT_TRUE(project.Read("parts") == project.Read("whole"));
  EXPECT_EQ(ParseJsonLines(project.Read("runs/digits-1/log.jsonl")).size(), epochs + 2);
  EXPECT_EQ(Count(project.Read("runs/digits-1/config.pbtxt"), "resumed {"), 1u);
}

// A shell command that waits until the run has begun its second epoch.
const std::string kWaitForEpoch = "while ! grep -qs epoch run/log.jsonl; do sleep 0.01; done\n";

// Starts a run in the background and waits for its first epoch.  The tool is $tool, and the trainer $trainer.
const std::string kStart = "tool=\n" +  // so that the shell has changed to the project before it starts anything
                           kTrain +
                           "--quiet --epochs 1000000 --run run & tool=$!\n"
                           "while ! grep -qs epoch run/log.jsonl; do sleep 0.01; done\n"
                           "for child in $(cat /proc/$tool/task/$tool/children); do\n"
                           "  grep -qa ^digits /proc/$child/cmdline && trainer=$child\ndone\n";

// A signal to the tool alone is passed on.  One to both, as `timeout` sends it, is one interruption.
TEST(RunFolder, ASignalEndsTheTrainingOnce) {
  for (const char* signal : {"-INT $tool", "-TERM $tool", "-INT $tool $trainer", "-INT $trainer $tool"}) {
    const Project project;
    const CommandResult killed = project.Try(kStart + "kill " + signal + "\nwait $tool");
    EXPECT_EQ(killed.code, 130) << signal;
    EXPECT_THAT(killed.err, HasSubstr("\ninterrupted after step ")) << signal;
    EXPECT_THAT(project.Read("run/report.html"), HasSubstr("</html>")) << signal;
  }
}

// The page is written while the training runs, whole at any time.
TEST(RunFolder, ThePageFollowsTheRun) {
  const Project project;
  const CommandResult result = project.Try(kStart +
                                           "while ! cp run/report.html first.html 2>/dev/null; do sleep 0.01; done\n"
                                           "while cmp -s first.html run/report.html; do sleep 0.01; done\n"
                                           "cp run/report.html second.html\nkill $tool\nwait $tool");
  EXPECT_EQ(result.code, 130) << result.err;
  EXPECT_THAT(project.Read("first.html"), HasSubstr("</html>"));
  EXPECT_THAT(project.Read("second.html"), HasSubstr("</html>"));
}

// A trainer that is killed by a signal ends the tool in the same way, and a tool that is killed ends the trainer.
TEST(RunFolder, TheTwoProcessesEndTogether) {
  const Project project;
  EXPECT_EQ(project.Try(kStart + "kill -SEGV $trainer\nwait $tool").code, 128 + SIGSEGV);
  project.Run("rm -r run");
  const CommandResult killed =
      project.Try(kStart +
                  "kill -KILL $tool\nwait $tool\ncode=$?\n"
                  "for try in $(seq 500); do kill -0 $trainer || break; sleep 0.01; done 2>/dev/null\n"
                  "kill -0 $trainer 2>/dev/null && exit 1\nexit $code");
  EXPECT_EQ(killed.code, 128 + SIGKILL);
}

// A diverged run passes its exit code on, and leaves a page.
TEST(RunFolder, ADivergedRunHasAPage) {
  const Project project;
  std::string model = project.Read("digits.cc");
  const std::string rate = "0.01f";
  model.replace(model.find(rate), rate.size(), "LearningRateSchedule([](Number t) { return 0.1 * Sqrt(1 - t / 70); })");
  project.Write("root.cc", model);
  const CommandResult result = project.Try("brine train root.cc --data data --batch-size 8 --epochs 3 --run run");
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.err,
              HasSubstr("error: learning_rate is not finite in step 71; nothing was updated\nrun: report.html"));
  EXPECT_EQ(ParseJsonLines(project.Read("run/log.jsonl")).size(), 1u);
  // Of a schedule, the log has the rate of the last step.
  EXPECT_NEAR(Number(ParseJsonLines(project.Read("run/log.jsonl"))[0], "learning_rate"), 0.1 * std::sqrt(1 - 50.0 / 70),
              1e-9);
}

// The python package tensorboard, which tests/run.sh installs, reads the events.
TEST(RunFolder, TensorBoardReadsTheEvents) {
  const std::string folder = BRINE_BINARY_DIR "/../tensorboard", python = folder + "/bin/python";
  if (!fs::exists(folder + "/complete"))
    GTEST_SKIP() << folder << " has no TensorBoard; tests/run.sh installs it where pip can fetch it";
  const Project project;
  project.Run(kTrain + "--quiet --epochs 3 --run run");
  project.Write("read.py", R"(
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
for part in ("train", "validation"):
    events = EventAccumulator("run/" + part, size_guidance={"scalars": 0})
    events.Reload()
    for tag in sorted(events.Tags()["scalars"]):
        scalars = events.Scalars(tag)
        print(part, tag, len(scalars), scalars[0].step, scalars[-1].step, "%.6f" % scalars[-1].value)
)");
  const std::vector<Json> lines = ParseJsonLines(project.Read("run/log.jsonl"));
  const auto value = [&](const char* name) {
    char text[40];
    std::snprintf(text, sizeof(text), "%.6f", static_cast<double>(static_cast<float>(Number(lines[2], name))));
    return std::string(text);
  };
  EXPECT_THAT(project.Run(python + " read.py"),
              MatchesRegex("train batch_accuracy 150 1 150 [0-9.]+\ntrain batch_learning_rate 150 1 150 0.010000\n"
                           "train batch_loss 150 1 150 [0-9.]+\ntrain epoch_accuracy 3 0 2 " +
                           value("accuracy") + "\ntrain epoch_learning_rate 3 0 2 0.010000\ntrain epoch_loss 3 0 2 " +
                           value("loss") + "\nvalidation epoch_accuracy 3 0 2 " + value("val_accuracy") +
                           "\nvalidation epoch_loss 3 0 2 " + value("val_loss") + "\n"));
}

}  // namespace
}  // namespace brine
