// Compiles and runs every example.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using testing::MatchesRegex;

const std::string kExamples = BRINE_SOURCE_DIR "/examples/";

// The examples that the standard program trains.  The first test fails if an example is neither here nor below.
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

// The examples for CIFAR-10 are trained on images of 32×32, which are enlarged if the model takes larger ones.
TEST(Examples, EachTrains) {
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

// The graphs must also have the same source lines of layers, with which mistakes are reported.
TEST(Examples, AreTheSameModelsWhenClangCompilesThem) {
  const Project project;
  if (project.Try("command -v clang++").code != 0) GTEST_SKIP() << "no clang++";
  for (const std::string example : kStandard) {
    const std::string inspect = "brine inspect " + kExamples + example + "/model.cc";
    EXPECT_EQ(project.Run("CXX=clang++ " + inspect), project.Run("CXX=g++ " + inspect)) << example;
  }
}

TEST(Examples, EmbedInCRuns) {
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

// Builds the example as brine_add_trainer does.  install.sh builds it with CMake from an installation.
TEST(Examples, InMemoryRuns) {
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
