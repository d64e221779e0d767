// Tests how the tool shows the flags of a compiled program (runtime/base/flags.h) and passes them on.
#include "runtime/base/flags.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using base::Flag;

// The line of a help text that explains the flag, without its first columns.
std::string HelpOf(const Flag& flag, const std::string& text) {
  const std::string start = std::string("\n  ") + flag.name + " " + flag.value;
  const size_t begin = text.find(start);
  if (begin == std::string::npos) return "";
  const size_t help = text.find_first_not_of(" \n", begin + start.size());  // below the flag if that is long
  return text.substr(help, text.find('\n', help) - help);
}

TEST(Flags, ToolAndProgramExplainThemAlike) {
  const Project project;
  const std::string program = project.Run("brine compile digits.cc -o digits && ./digits help");
  int lines = 0;
  for (const base::CommandRow& command : base::kCommands) {
    const std::string tool = project.Run(std::string("brine ") + command.name + " --help");
    for (const Flag& flag : base::kFlags) {
      if ((flag.commands & command.command) == 0) continue;
      EXPECT_EQ(HelpOf(flag, tool), flag.help) << command.name;
      EXPECT_THAT(HelpOf(flag, program),
                  testing::MatchesRegex(".* \\[(.*, )?" + std::string(command.name) + "(, .*)?\\]"));
      EXPECT_THAT(HelpOf(flag, program), testing::StartsWith(std::string(flag.help) + " ["));
      ++lines;
    }
  }
  EXPECT_GT(lines, 40);
}

// The tool and the program read command lines in ways of their own, but refuse the same ones with the same sentence.
TEST(Flags, ToolAndProgramRefuseTheSame) {
  const Project project;
  project.Run("brine compile digits.cc -o digits");
  std::vector<std::string> lines = {"train more",
                                    "train ''",
                                    "train -",
                                    "train --",
                                    "train =",
                                    "train -x",
                                    "train --=3",
                                    "train -=3",
                                    "train --verbosity",
                                    "train --epoch 3",
                                    "train --quiet=",
                                    "train --quiet=1",
                                    "train --epochs --quiet",
                                    "train --epochs 1e3",
                                    "train --epochs 3 --epochs 0",
                                    "train --seed -1",
                                    "train --data a --data x=b",
                                    "train --resume",
                                    "train --monitor loss",
                                    "train --mode max",
                                    "predict",
                                    "predict a.npy 3",
                                    "predict --weights F",
                                    "predict --input a.npy --input b.npy",
                                    "evaluate --weights F --checkpoint C",
                                    "summary --data D",
                                    "summary more"};
  for (const base::CommandRow& command : base::kCommands) {
    if (command.command == base::kHelp) continue;
    for (const Flag& flag : base::kFlags) {
      const std::string line = std::string(command.name) + " " + flag.name;
      if ((flag.commands & command.command) == 0 || *flag.value != '\0')
        lines.push_back(line);  // not its flag, no value
      if ((flag.commands & command.command) != 0) lines.push_back(line + "=");
    }
  }
  for (const std::string& line : lines) {
    const size_t space = std::min(line.find(' '), line.size());
    const std::string tool_line = line.substr(0, space) + " digits.cc" + line.substr(space);
    const bool other = line.rfind("summary --batch-size", 0) == 0 || line.rfind("predict --batch-size", 0) == 0;
    if (other) continue;  // a flag of the tool for these two
    const CommandResult tool = project.Try("brine " + tool_line), program = project.Try("./digits " + line);
    EXPECT_EQ(program.code, 2) << line << "\n" << program.out << program.err;
    EXPECT_EQ(tool.code, 2) << tool_line << "\n" << tool.out << tool.err;
    ASSERT_THAT(program.err, testing::StartsWith("error: ")) << line;
    EXPECT_EQ(tool.err, "brine: " + program.err.substr(std::string("error: ").size())) << line;
  }
}

TEST(Flags, HelpIsAlwaysAtHand) {
  const Project project;
  for (const std::string line :
       {"train digits.cc --help", "train digits.cc -h", "train --epochs x --help", "train --foo -h"})
    EXPECT_THAT(project.Run("brine " + line), testing::StartsWith("usage: brine train MODEL")) << line;
}

// The output of a run with all numbers removed, since some are times, and the weights.
std::string Traces(const Project& project, const std::string& command) {
  const CommandResult run = project.Try("rm -f w; " + command);
  std::string text = std::to_string(run.code) + "\n" + run.out + "\n" + run.err + "\n";
  text.erase(std::remove_if(text.begin() + 1, text.end(),
                            [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }),
             text.end());
  return text + project.Read("w");
}

TEST(Flags, SwitchesReachTheProgram) {
  const Project project;
  for (const Flag& flag : base::kFlags) {
    if (*flag.value != '\0') continue;
    ASSERT_TRUE(flag.commands & base::kTrain) << flag.name;
    const std::string quiet = flag.name == std::string("--quiet") ? "" : " --quiet",
                      run = flag.name == std::string("--no-run") ? " --run run" : "",  // which it contradicts
        train = "rm -rf run; brine train digits.cc --data data --save w" + quiet + run, off = Traces(project, train);
    EXPECT_EQ(off, Traces(project, train)) << flag.name;
    EXPECT_NE(off, Traces(project, train + " " + flag.name)) << flag.name;
  }
}

// The position of an argument decides whether it is a value or a word, whatever it looks like.
TEST(Flags, ValuesAndWordsMayLookLikeOthers) {
  const Project project;
  const auto refused = [](const std::string& value) {
    return "brine: --threads must be a whole number from 1 to 1024, got '" + value + "'\n";
  };
  for (const std::string value : {"-3", "--quiet", "--", "++", "[1,2]", "train"})
    EXPECT_EQ(project.Try("brine train digits.cc --threads " + value).err, refused(value));
  EXPECT_EQ(project.Try("brine compile digits.cc -o train && brine train train --threads 0").err, refused("0"));
  EXPECT_EQ(project.Try("brine predict digits.cc 3 ++ --weights w").err,
            "brine: predict takes one input, got also '++'\n");
  EXPECT_EQ(project.Try("brine compile digits.cc -o=other && ls other =other").out, "other\n");
}

}  // namespace
}  // namespace brine
