#include "runtime/trainer/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "tests/runtime/message.h"

namespace brine {
namespace {

CommandLine Parse(const std::string& text) {
  std::vector<std::string> words = {"program"};
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word == "''" ? "" : word);
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
}

std::string Refusal(const std::string& text) {
  return testing::Message([&] { Parse(text); }, kExitUsage);
}

TEST(Flags, EachSetsItsField) {
  const CommandLine line = Parse(
      "train --data D --epochs 3 --batch-size=16 --seed 18446744073709551615 --threads 2 --learning-rate 1e-3 "
      "--validation-split 0.25 --no-shuffle "
      "--monitor loss --mode max --early-stopping 5 --restore-best-weights --reduce-lr-on-plateau 0 --csv-log L "
      "--checkpoint C --init=F --save S --json --quiet");
  EXPECT_EQ(line.command, kTrain);
  EXPECT_EQ(line.data, "D");
  EXPECT_EQ(line.epochs, 3);
  EXPECT_EQ(line.batch_size, 16);
  EXPECT_EQ(line.seed, UINT64_MAX);
  EXPECT_EQ(line.threads, 2);
  EXPECT_EQ(line.learning_rate, 1e-3);
  EXPECT_EQ(line.validation_split, 0.25);
  EXPECT_FALSE(line.shuffle);
  EXPECT_EQ(line.monitor, "loss");
  EXPECT_EQ(line.mode, "max");
  EXPECT_EQ(line.early_stopping, 5);
  EXPECT_TRUE(line.restore_best_weights);
  EXPECT_EQ(line.reduce_lr_on_plateau, 0);
  EXPECT_EQ(line.csv_log, "L");
  EXPECT_EQ(line.checkpoint, "C");
  EXPECT_EQ(line.init, "F");
  EXPECT_EQ(line.save, "S");
  EXPECT_TRUE(line.json && line.quiet);
  EXPECT_TRUE(Parse("train --checkpoint C --resume").resume);
  EXPECT_EQ(Parse("train --batch-size 32 --shards 8").shards, 8);
  EXPECT_EQ(Parse("bench --steps 7").steps, 7);
  EXPECT_EQ(Parse("evaluate --weights W").init, "W");
  EXPECT_EQ(Parse("predict --weights W a.npy").input, "a.npy");
  EXPECT_EQ(Parse("predict --weights W --input a.npy").input, "a.npy");
  EXPECT_EQ(Parse("predict 12 --weights W").sample, 12);
}

TEST(Flags, FlagsThatAreNotGivenHaveTheirDefaults) {
  const CommandLine line = Parse("train");
  EXPECT_EQ(line.epochs, 1);
  EXPECT_EQ(line.batch_size, 0);
  EXPECT_EQ(line.threads, 0);
  EXPECT_EQ(line.seed, 0u);
  EXPECT_FALSE(line.learning_rate.has_value());
  EXPECT_TRUE(line.shuffle);
  EXPECT_FALSE(line.resume || line.json || line.quiet);
}

TEST(Flags, HelpIsAlwaysAtHand) {
  EXPECT_EQ(Parse("help").command, kHelp);
  EXPECT_EQ(Parse("--help").command, kHelp);
  for (const char* line : {"-h", "help train", "train --help", "train -h", "train --epochs x --help", "train --foo -h"})
    EXPECT_EQ(Parse(line).command, kHelp) << line;
  EXPECT_EQ(Parse("train --data --help").data, "--help");
  const std::string help = HelpText("cifar10_cnn");
  for (const char* piece : {"cifar10_cnn COMMAND", "train", "--batch-size N", "--resume", "[bench]"})
    EXPECT_THAT(help, ::testing::HasSubstr(piece));
}

// An empty value is a mistake for every flag, and the message names the flag.
TEST(Flags, EachOfTheTableHasItsSetter) {
  for (const base::CommandRow& command : base::kCommands) {
    if (command.command == kHelp) continue;  // it takes anything
    for (const base::Flag& flag : base::kFlags) {
      const std::string text = std::string(command.name) + " " + flag.name;
      if ((flag.commands & command.command) == 0)
        EXPECT_EQ(Refusal(text), std::string(flag.name) + " is not a flag of " + command.name);
      else if (*flag.value != '\0')
        EXPECT_THAT(Refusal(text + " ''"), ::testing::StartsWith(std::string(flag.name) + " "));
      else
        EXPECT_EQ(Refusal(text + "="), std::string(flag.name) + " takes no value");
    }
  }
}

TEST(Flags, EachOfTheTableIsInTheHelp) {
  const std::string help = HelpText("cifar10_cnn");
  for (const base::Flag& flag : base::kFlags) {
    const size_t line = help.find(std::string("\n  ") + flag.name + " " + flag.value + " ");
    ASSERT_NE(line, std::string::npos) << flag.name;
    EXPECT_THAT(help.substr(line, help.find('\n', line + 1) - line),
                ::testing::HasSubstr(std::string(" ") + flag.help + " ["));
  }
}

TEST(Flags, MistakesAreNamed) {
  EXPECT_EQ(Refusal(""), "a command is missing; help lists them");
  EXPECT_EQ(Refusal("trian"), "unknown command 'trian'; did you mean train?");
  EXPECT_EQ(Refusal("deploy"), "unknown command 'deploy'");
  EXPECT_EQ(Refusal("train --epoch 3"), "unknown flag '--epoch'; did you mean --epochs?");
  EXPECT_EQ(Refusal("train --batchsize=3"), "unknown flag '--batchsize'; did you mean --batch-size?");
  EXPECT_EQ(Refusal("train --verbosity"), "unknown flag '--verbosity'");
  const std::string dashes(500, '-');
  EXPECT_EQ(Refusal("train " + dashes), "unknown flag '" + dashes.substr(0, 57) + "...'");
  EXPECT_EQ(Refusal("train more"), "train does not take 'more'");
  EXPECT_EQ(Refusal("train -"), "train does not take '-'");
  EXPECT_EQ(Refusal("train ''"), "train does not take ''");
  EXPECT_EQ(Refusal("train --epochs"), "--epochs needs a value: N");
  EXPECT_EQ(Refusal("train --epochs 0"), "--epochs must be a whole number from 1 to 1000000, got '0'");
  EXPECT_EQ(Refusal("train --epochs 3x"), "--epochs must be a whole number from 1 to 1000000, got '3x'");
  EXPECT_EQ(Refusal("train --epochs ''"), "--epochs must be a whole number from 1 to 1000000, got ''");
  EXPECT_EQ(Refusal("train --seed -1"), "--seed must be a whole number from 0 to 18446744073709551615, got '-1'");
  EXPECT_EQ(Refusal("train --threads 0"), "--threads must be a whole number from 1 to 1024, got '0'");
  EXPECT_EQ(Refusal("train --learning-rate nan"), "--learning-rate must be a number of at least 0, got 'nan'");
  EXPECT_EQ(Refusal("train --learning-rate inf"), "--learning-rate must be a number of at least 0, got 'inf'");
  EXPECT_EQ(Refusal("train --learning-rate fast"), "--learning-rate must be a number of at least 0, got 'fast'");
  EXPECT_EQ(Refusal("train --validation-split 1"), "--validation-split must be a number from 0 to below 1, got '1'");
  EXPECT_EQ(Refusal("train --data ''"), "--data needs a path, got ''");
  EXPECT_EQ(Refusal("train --quiet=yes"), "--quiet takes no value");
  EXPECT_EQ(Refusal("train --steps 3"), "--steps is not a flag of train");
  EXPECT_EQ(Refusal("summary --data D"), "--data is not a flag of summary");
  EXPECT_EQ(Refusal("train --resume"), "--resume needs --run DIR or --checkpoint DIR, where it goes on from");
  EXPECT_EQ(Refusal("train --resume --checkpoint C --init F"),
            "--resume and --init both say where the weights come from");
  EXPECT_EQ(Refusal("train --shards 2 --accumulate 2"),
            "--shards and --accumulate both say into how many shards a step is cut");
  EXPECT_EQ(Refusal("train --batch-size 32 --shards 5"), "--batch-size 32 is not a multiple of --shards 5");
  EXPECT_EQ(Refusal("train --restore-best-weights"), "--restore-best-weights needs --early-stopping N");
  EXPECT_EQ(Refusal("train --monitor loss"),
            "--monitor needs --early-stopping, --reduce-lr-on-plateau, --checkpoint or --run, which use it");
  EXPECT_EQ(Refusal("train --monitor loss --early-stopping 1 --mode best"), "--mode must be min or max, got 'best'");
  EXPECT_EQ(Refusal("train --early-stopping 1 --mode max"), "--mode needs --monitor NAME, the result that it is about");
  EXPECT_EQ(Refusal("evaluate --weights F --checkpoint C"),
            "--checkpoint and --weights both say where the weights come from");
  EXPECT_EQ(Refusal("predict --weights F"), "predict needs a file or the number of a test image");
  EXPECT_EQ(Refusal("predict --weights F a.npy 3"), "predict takes one input, got also '3'");
}

}  // namespace
}  // namespace brine
