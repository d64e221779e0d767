// Every example is compiled and run.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using testing::MatchesRegex;

const std::string kExamples = BRINE_SOURCE_DIR "/examples/";

// Those that the standard program trains; an example that is neither here nor below fails the first test.
constexpr const char* kStandard[] = {"cifar10_avg_pool", "cifar10_cnn", "cifar10_cnn_64", "cifar10_dropout_augment",
                                     "mnist_mlp"};

TEST(Examples, AreAllTested) {
  std::set<std::string> tested(std::begin(kStandard), std::end(kStandard)), there;
  tested.insert({"embed_in_c", "in_memory"});
  for (const auto& entry : std::filesystem::directory_iterator(kExamples)) {
    if (!entry.is_directory()) continue;
    there.insert(entry.path().filename());
    EXPECT_TRUE(std::filesystem::exists(entry.path() / "README.md")) << entry.path();
  }
  EXPECT_EQ(there, tested);
}

// Those of CIFAR-10 on images of 32×32, which the reader scales up where the model's input is larger.
TEST(Examples, Train) {
  const Project project;
  project.WriteCifar10(40);
  project.WriteMnist("mnist", 40, 28);
  for (const std::string example : kStandard) {
    const std::string data = example.rfind("mnist", 0) == 0 ? "mnist" : ".";
    const CommandResult run = project.Try("brine train " + kExamples + example + "/model.cc --quiet --data " + data);
    EXPECT_EQ(run.code, 0) << example << ": " << run.err;
    EXPECT_THAT(run.out, MatchesRegex("Test loss: [0-9.]+\nTest accuracy: [01]\\.[0-9]+\n")) << example;
  }
}

// Down to the source lines of their layers, with which mistakes are reported.
TEST(Examples, AreTheSameModelsWhenClangCompilesThem) {
  const Project project;
  if (project.Try("command -v clang++").code != 0) GTEST_SKIP() << "no clang++";
  for (const std::string example : kStandard) {
    const std::string inspect = "brine inspect " + kExamples + example + "/model.cc";
    EXPECT_EQ(project.Run("CXX=clang++ " + inspect), project.Run("CXX=g++ " + inspect)) << example;
  }
}

TEST(Examples, EmbedInC) {
  const Project project;
  const CommandResult built = project.Try(
      "brine compile " + kExamples +
      "mnist_mlp/model.cc --emit object -o mnist_mlp.o && cc -Wall -Wextra -Werror -I. -I'" BRINE_SOURCE_DIR "' " +
      kExamples +
      "embed_in_c/main.c mnist_mlp.o '" BRINE_BINARY_DIR "/lib/libbrine_core.a' -lm -lpthread -ldl -o embed_in_c");
  ASSERT_EQ(built.code, 0) << built.err;
  const CommandResult run = project.Try("./embed_in_c");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, MatchesRegex("step 1: loss 2\\.[0-9]+\nstep 50: loss 0\\.0[0-9]+\n"));
}

// As brine_add_trainer builds it; install.sh does it by CMake, from an installation.
TEST(Examples, InMemory) {
  const Project project;
  const CommandResult built = project.Try(
      "brine compile " + kExamples +
      "in_memory/model.cc --emit object -o quarters.o && c++ -std=c++20 -Wall -I. -I'" BRINE_SOURCE_DIR "' " +
      kExamples +
      "in_memory/main.cc quarters.o '" BRINE_BINARY_DIR "/lib/libbrine_trainer.a' '" BRINE_BINARY_DIR
      "/lib/libbrine_core.a' -lpthread -ldl -o in_memory");
  ASSERT_EQ(built.code, 0) << built.err;
  const CommandResult run = project.Try("./in_memory");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, MatchesRegex("epoch 1: loss .*\nTest accuracy: 0\\.9[0-9]+\n\\(0\\.9, 0\\.1\\) lies in quarter "
                                    "1 with probability (0\\.[5-9]|1\\.0).*\n"));
  EXPECT_FALSE(project.Read("quarters.safetensors").empty());
}

}  // namespace
}  // namespace brine
