// Tests the tool as a whole.
#include "tests/e2e/command.h"

namespace brine {
namespace {

TEST(Tool, KnowsItsCommands) {
  const CommandResult help = RunCommand("brine --help");
  EXPECT_EQ(help.code, 0);
  for (const char* command :
       {"train", "compile", "evaluate", "predict", "summary", "bench", "verify", "inspect", "opt", "cache", "doctor"}) {
    EXPECT_NE(help.out.find(std::string("\n  ") + command), std::string::npos) << command;
    EXPECT_EQ(RunCommand(std::string("brine ") + command + " --help").out.find(std::string("usage: brine ") + command),
              0u);
  }
  EXPECT_EQ(RunCommand("brine help").out, help.out);
}

// The log of a run is larger than the memory that the shell lets the tool have.
TEST(Tool, LackOfMemoryIsOneSentence) {
  const CommandResult result = RunCommand(
      "mkdir hungry && echo 'model: \"m\"' > hungry/config.pbtxt && truncate -s 250M hungry/log.jsonl && "
      "(ulimit -v 500000; brine report hungry); code=$?; rm -r hungry; exit $code");
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err, "brine: there is not enough memory\n");
}

}  // namespace
}  // namespace brine
