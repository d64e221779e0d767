// Compiles and runs every example.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

const std::string kExamples = BRINE_SOURCE_DIR "/examples/";

// The examples that the standard program trains.  The first test fails if an example is neither here nor below.
constexpr const char* kStandard[] = {"cifar10_avg_pool", "cifar10_cnn", "cifar10_cnn_64", "cifar10_dropout_augment",
                                     "keras_cifar",      "lenet5",      "mnist_mlp",      "mobilenet",
                                     "resnet20",         "vgg_bn"};

// The examples that use the trainer as a library; all of them are compiled.
constexpr const char* kPrograms[] = {"autoencoder", "in_memory", "table_regression", "two_inputs", "unet"};

TEST(Examples, AreAllTested) {
  std::set<std::string> tested(std::begin(kStandard), std::end(kStandard)), there;
  tested.insert(std::begin(kPrograms), std::end(kPrograms));
  tested.insert({"embed_in_c", "cluster"});  // the second one by cluster.sh
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
    const std::string data = example == "mnist_mlp" || example == "lenet5" ? "mnist" : ".";
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

// Builds an example as brine_add_trainer does, and runs it.  install.sh builds one with CMake from an installation.
CommandResult RunProgram(const Project& project, const std::string& example, const std::string& arguments) {
  // The header that main.cc includes has the name of the model.
  const std::string folder = kExamples + example;
  const std::string model = example == "in_memory" ? "quarters" : example;
  const CommandResult built =
      project.Try("brine compile " + folder + "/model.cc --emit object -o " + model +
                  ".o && c++ -std=c++20 -Wall -I. -I'" BRINE_SOURCE_DIR "' " + folder + "/main.cc " + model +
                  ".o '" BRINE_BINARY_DIR "/lib/libbrine_trainer.a' '" BRINE_BINARY_DIR
                  "/lib/libbrine_core.a' -lpthread -ldl -o program");
  if (built.code != 0 || !built.err.empty()) return built;
  return project.Try("./program " + arguments + " 2>progress");
}

TEST(Examples, InMemoryRuns) {
  const Project project;
  const CommandResult run = RunProgram(project, "in_memory", "");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, MatchesRegex("epoch 1: loss .*\nTest accuracy: 0\\.9[0-9]+\n\\(0\\.9, 0\\.1\\) lies in quarter "
                                    "1 with probability (0\\.[5-9]|1\\.0).*\n"));
  EXPECT_FALSE(project.Read("quarters.safetensors").empty());
}

TEST(Examples, TableRegressionLearnsItsTable) {
  const Project project;
  const CommandResult run = RunProgram(project, "table_regression", "");
  EXPECT_EQ(run.code, 0) << run.err << project.Read("progress");
  EXPECT_THAT(run.out, HasSubstr("Test R2: 0.9"));
}

// These two end with 1 if they learn too little, as on the few images here.
TEST(Examples, ThoseOnPhotographsRun) {
  const Project project;
  project.WriteMnist("mnist", 200, 28);
  for (const std::string example : {"autoencoder", "two_inputs"}) {
    const CommandResult run = RunProgram(project, example, "--data mnist --epochs 1");
    EXPECT_THAT(run.out, HasSubstr("Test ")) << example << ": " << run.err << project.Read("progress");
  }
}

TEST(Examples, UnetCompiles) {
  const Project project;
  const CommandResult compiled =
      project.Try("brine compile " + kExamples +
                  "unet/model.cc --emit object -o unet.o && c++ -std=c++20 -Wall -Werror -fsyntax-only "
                  "-I. -I'" BRINE_SOURCE_DIR "' " +
                  kExamples + "unet/main.cc");
  EXPECT_EQ(compiled.code, 0) << compiled.err;
}

}  // namespace
}  // namespace brine
