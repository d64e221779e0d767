#include "runtime/trainer/run_path.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/runtime/message.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

TEST(RunPath, TwoRunsNeverShareAFolder) {
  const TemporaryFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  EXPECT_EQ(MakeRunFolder("net"), "runs/net-1");
  EXPECT_EQ(MakeRunFolder("net"), "runs/net-2");
  EXPECT_EQ(MakeRunFolder("other"), "runs/other-1");
  RemoveUnusedRunFolder("runs/net-1");
  EXPECT_EQ(MakeRunFolder("net"), "runs/net-1");
  folder.Write("runs/net-1/config.pbtxt", "");
  for (const char* name : {"runs/net-1", "runs/net-2", "runs/other-1"}) RemoveUnusedRunFolder(name);
  EXPECT_TRUE(std::filesystem::exists("runs/net-1"));
  EXPECT_FALSE(std::filesystem::exists("runs/net-2"));
  std::filesystem::remove_all("runs");
  folder.Write("runs", "");
  EXPECT_EQ(Message([] { MakeRunFolder("net"); }, kExitFailed),
            "runs/net-1: cannot be created: Not a directory; --no-run trains without a folder");
  std::filesystem::current_path(before);
}

TEST(RunPath, ACommandTravelsInOneText) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"brine", "train", "a b.cc", "--data", "x\ny"}, {"one"}, {"a", "", "b"}})
    EXPECT_EQ(SplitCommand(JoinCommand(words)), words);
}

TEST(RunPath, TheLineSaysWhatThereIsToDo) {
  setenv("LC_ALL", "C.UTF-8", 1);
  EXPECT_EQ(RunLine("runs/net-1", "runs/net-1/checkpoints", true),
            "runs/net-1: report.html · tensorboard --logdir runs · --resume --run runs/net-1");
  setenv("LC_ALL", "C", 1);
  EXPECT_EQ(RunLine("net", "kept", true),
            "net: report.html, tensorboard --logdir ., --resume --run net --checkpoint kept");
  EXPECT_EQ(RunLine("net", "", false), "net: brine report net, tensorboard --logdir ., --resume --run net");
  unsetenv("LC_ALL");
}

}  // namespace
}  // namespace brine::testing
