// Tests brine train: what it prints to which stream, and on what the weights depend.
#include <gmock/gmock.h>

#include "tests/e2e/json.h"
#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

TEST(Train, ResultsGoToStandardOutputAndProgressToStandardError) {
  const Project project;
  const CommandResult result = project.Try("brine train digits.cc --data data --epochs 3");
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, MatchesRegex("Test loss: [0-9.]+\nTest accuracy: [01]\\.[0-9]{4}\n"));
  EXPECT_THAT(result.err, MatchesRegex("(Epoch [1-3]/3 - [0-9]+s - [0-9]+[mu]?s/step - accuracy: [0-9.]+ - loss: "
                                       "[0-9.]+ - val_accuracy: [0-9.]+ - val_loss: [0-9.]+\n){3}"));
  EXPECT_THAT(project.Try("brine train digits.cc --data data --quiet").err, IsEmpty());
}

// A linear model learns little of the built-in images, and the tutorial's network learns them well.
TEST(Train, LearnsTheBuiltInImages) {
  const Project project;
  project.Write("linear.cc", R"(#include <brine.h>
brine::Model BuildModel() {
  using namespace brine;
  Sequential net("linear", Input({32, 32, 3}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Flatten());
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile({.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
)");
  // The mean of the last five epochs is compared, since a single epoch may differ by a few hundredths with the rounding
  // of the processor.
  const auto accuracy = [&](const std::string& model, int epochs) {
    const std::vector<Json> lines =
        ParseJsonLines(project.Run("brine train " + model + " --quiet --json --epochs " + std::to_string(epochs)));
    double sum = 0;
    for (int epoch = epochs - 5; epoch < epochs; ++epoch)
      sum += Number(lines[static_cast<size_t>(epoch)], "val_accuracy");
    return sum / 5;
  };
  EXPECT_LT(accuracy("linear.cc", 10), 0.6);
  EXPECT_GT(accuracy(BRINE_SOURCE_DIR "/examples/cifar10_cnn/model.cc", 15), 0.9);
}

TEST(Train, JsonIsOneObjectAnEpochAndOneForTheTest) {
  const Project project;
  const std::vector<Json> lines =
      ParseJsonLines(project.Run("brine train digits.cc --data data --epochs 2 --batch-size 30 --json"));
  ASSERT_EQ(lines.size(), 3u);
  for (int epoch : {1, 2}) {
    const Json& line = lines[static_cast<size_t>(epoch) - 1];
    EXPECT_THAT(FieldNames(line), ElementsAre("accuracy", "epoch", "loss", "seconds", "val_accuracy", "val_loss"));
    EXPECT_EQ(Number(line, "epoch"), epoch);
  }
  EXPECT_THAT(FieldNames(lines[2]), ElementsAre("test_accuracy", "test_loss"));
  EXPECT_EQ(Number(lines[2], "test_accuracy"), Number(lines[1], "val_accuracy"));
}

TEST(Train, TheValidationSplitIsTakenFromTheTrainingData) {
  const Project project;
  // The last quarter of the training images is changed, so that its accuracy is not that of the test images.
  std::string pixels = project.Read("data/train-images-idx3-ubyte");
  std::fill(pixels.end() - 100 * 144, pixels.end(), '\0');
  project.Write("data/train-images-idx3-ubyte", pixels);
  const std::vector<Json> lines =
      ParseJsonLines(project.Run("brine train digits.cc --data data --epochs 8 --validation-split 0.25 --json"));
  ASSERT_EQ(lines.size(), 9u);
  EXPECT_NEAR(Number(lines[7], "val_accuracy"), 0.1, 1e-6);  // all black images get the same class
  EXPECT_GT(Number(lines[8], "test_accuracy"), 0.5);
}

TEST(Train, SeedRateAndOrderDecideTheWeights) {
  const Project project;
  const auto weights = [&](const std::string& flags) {
    project.Run("rm -f w && brine train digits.cc --data data --quiet --save w " + flags);
    return project.Read("w");
  };
  const std::string reference = weights("");
  EXPECT_FALSE(reference.empty());
  EXPECT_EQ(weights("--seed 0"), reference);
  for (const char* flags : {"--seed 1", "--learning-rate 0.02", "--no-shuffle", "--batch-size 31", "--epochs 2"})
    EXPECT_NE(weights(flags), reference) << flags;
}

// The rate is NaN from step 11 on.  Adam's own rate, which contains it, is not named.
TEST(Train, ARateThatLeavesItsDomainEndsTheRun) {
  const Project project;
  std::string model = project.Read("digits.cc");
  const std::string rate = "0.01f";
  model.replace(model.find(rate), rate.size(), "LearningRateSchedule([](Number t) { return 0.1 * Sqrt(1 - t / 10); })");
  project.Write("root.cc", model);
  const CommandResult result = project.Try("brine train root.cc --data data --batch-size 8 --quiet --save w");
  EXPECT_EQ(result.code, 5);
  EXPECT_EQ(result.err, "error: learning_rate is not finite in step 11; nothing was updated\n");
}

// A hundred steps allocate as much as ten steps do.
TEST(Train, AStepAllocatesNothing) {
  const Project project;
  project.WriteMnist("few", 40, 12);
  project.Write("count.c", R"(#include <stdio.h>
#include <stdlib.h>
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
static long calls;
void* malloc(size_t bytes) { return __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED), __libc_malloc(bytes); }
void* calloc(size_t count, size_t bytes) { return __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED), __libc_calloc(count, bytes); }
__attribute__((destructor)) static void print(void) { fprintf(stderr, "%ld calls\n", calls); }
)");
  project.Run("cc -shared -fPIC count.c -o count.so && brine compile digits.cc --batch-size 4");
  const auto calls = [&](const std::string& data) {
    const CommandResult run = project.Try("LD_PRELOAD=$PWD/count.so ./digits train --quiet --threads 2 --data " + data);
    EXPECT_EQ(run.code, 0) << run.err;
    return run.err;
  };
  const std::string few = calls("few");
  EXPECT_THAT(few, testing::HasSubstr(" calls"));
  EXPECT_EQ(calls("data"), few);
}

TEST(Train, BeginsWithGivenWeights) {
  const Project project;
  project.Run("brine train digits.cc --data data --quiet --epochs 8 --save trained");
  // With a rate of zero nothing is learnt, so that the result is that of the given weights.
  const std::string result = project.Run("brine train digits.cc --data data --quiet --init trained --learning-rate 0");
  EXPECT_THAT(project.Run("brine evaluate digits.cc --data data --init trained"), testing::StartsWith(result));
}

// Early stopping, a rate that falls and the log, cut off after the second epoch.
TEST(Train, ARunWithCallbacksIsResumedExactly) {
  const Project project;
  const std::string train =
      "brine train digits.cc --data data --quiet --learning-rate 0.05 --batch-size 40 "
      "--early-stopping 2 --restore-best-weights --reduce-lr-on-plateau 1 ";
  const std::string whole = project.Run(train + "--epochs 30 --checkpoint whole --csv-log whole.csv --save whole.w");
  EXPECT_THAT(project.Read("whole.csv"), testing::StartsWith("epoch,accuracy,loss,val_accuracy,val_loss\n0,"));
  project.Run(train + "--epochs 2 --checkpoint parts --csv-log parts.csv");
  EXPECT_EQ(project.Run(train + "--epochs 30 --checkpoint parts --csv-log parts.csv --resume --save parts.w"), whole);
  EXPECT_TRUE(project.Read("parts.w") == project.Read("whole.w"));
  EXPECT_EQ(project.Read("parts.csv"), project.Read("whole.csv"));
  EXPECT_THAT(project.Run("brine evaluate digits.cc --data data --weights parts/best.safetensors"),
              testing::StartsWith(whole));
  const CommandResult unknown = project.Try(train + "--monitor val_acuracy");
  EXPECT_EQ(unknown.code, 3);
  EXPECT_THAT(unknown.err, testing::HasSubstr("; did you mean val_accuracy?\n"));
}

}  // namespace
}  // namespace brine
