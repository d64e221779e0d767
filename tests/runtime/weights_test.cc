// Tests the weights of samples and classes, sums with their results, and the confusion matrix, with a program written
// by hand: of rows x, class numbers and weights it computes Σ weight·x, the number of rows whose class is 1, and as
// probabilities of three classes the row (x = 0, x = 1, x = 2).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/expression.h"
#include "runtime/trainer/confusion.h"
#include "runtime/trainer/trainer.h"
#include "tests/runtime/by_hand.h"
#include "tests/runtime/message.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// (x, label, weight) -> loss, ones, counts
int Sums(void** argv) {
  float loss = 0, ones = 0;
  float* const counts = Floats(argv, 5);
  std::fill(counts, counts + 3, 0.0f);
  for (int row = 0; row < Buffer(argv, 0).dim[1].extent; ++row) {
    const int32_t label = reinterpret_cast<const int32_t*>(Buffer(argv, 1).host)[row];
    loss += Floats(argv, 2)[row] * Floats(argv, 0)[row];
    ones += label == 1 ? 1 : 0;
    if (label < 3) ++counts[label];
  }
  *Floats(argv, 3) = loss;
  *Floats(argv, 4) = ones;
  return 0;
}

// (x) -> y
int Predict(void** argv) {
  for (int row = 0; row < Buffer(argv, 0).dim[1].extent; ++row) {
    for (int kind = 0; kind < 3; ++kind)
      Floats(argv, 1)[row * 3 + kind] = Floats(argv, 0)[row] == static_cast<float>(kind) ? 1 : 0;
  }
  return 0;
}

enum { kX, kLabel, kWeight, kLoss, kOnes, kCounts, kY };
constexpr brine_value kValues[] = {{"x", BRINE_F32, BRINE_INPUTS, 2, {BRINE_BATCH, 1}, 0},
                                   {"label", BRINE_I32, BRINE_INPUTS, 1, {BRINE_BATCH}, 64},
                                   {"sample_weight", BRINE_F32, BRINE_INPUTS, 1, {BRINE_BATCH}, 128},
                                   {"loss", BRINE_F32, BRINE_OUTPUTS, 0, {}, 0},
                                   {"ones", BRINE_F32, BRINE_OUTPUTS, 0, {}, 64},
                                   {"counts", BRINE_F32, BRINE_OUTPUTS, 1, {3}, 128},
                                   {"y", BRINE_F32, BRINE_OUTPUTS, 2, {BRINE_BATCH, 3}, 192}};
constexpr uint16_t kSumsValues[] = {kX, kLabel, kWeight, kLoss, kOnes, kCounts}, kPredictValues[] = {kX, kY};
constexpr brine_call kSumsCalls[] = {ByHand({.run = Sums, .values = kSumsValues, .input_count = 3, .name = "sums"})};
constexpr brine_call kPredictCalls[] = {
    ByHand({.run = Predict, .values = kPredictValues, .input_count = 1, .name = "predict"})};
// Class 7 is ignored.
constexpr brine_input kInputs[] = {{kX, BRINE_DATA, 0, nullptr, 0, 0, 0, 0, ""},
                                   {kLabel, BRINE_LABEL, 0, nullptr, 0, 3, 1, 7, "output"},
                                   {kWeight, BRINE_WEIGHT, 0, nullptr, 0, 0, 0, 0, "output"}};
constexpr brine_output kOutputs[] = {{"loss", kLoss, BRINE_MEAN, 0, BRINE_SMALLER_IS_BETTER},
                                     {"ones", kOnes, BRINE_SUM, 0, BRINE_BETTER_UNKNOWN},
                                     {"counts", kCounts, BRINE_SUM, 0, BRINE_BETTER_UNKNOWN}};
constexpr brine_output kPredictions[] = {{"output", kY, BRINE_PREDICTION, 3, BRINE_BETTER_UNKNOWN}};
// ones / rows, and Σ over i below 2 of counts[i]·counts[i + 1]
constexpr brine_term kShare[] = {{BRINE_TERM_OUTPUT, 1, 0}, {BRINE_TERM_ROWS, 0, 0}, {BRINE_TERM_DIV, 0, 0}};
constexpr brine_term kProducts[] = {{BRINE_TERM_OUTPUT, 2, 0}, {BRINE_TERM_NEXT, 2, 0}, {BRINE_TERM_MUL, 0, 0}};
constexpr brine_result kResults[] = {{"share", kShare, 3, 1, BRINE_LARGER_IS_BETTER},
                                     {"products", kProducts, 3, 2, BRINE_BETTER_UNKNOWN}};

constexpr brine_function kTrain = {.name = "train",
                                   .values = kValues,
                                   .calls = kSumsCalls,
                                   .inputs = kInputs,
                                   .outputs = kOutputs,
                                   .results = kResults,
                                   .shard_means = nullptr,
                                   .value_count = 7,
                                   .call_count = 1,
                                   .input_count = 3,
                                   .output_count = 3,
                                   .result_count = 2,
                                   .shard_mean_count = 0,
                                   .shard_calls = 1,
                                   .first_update = 1,
                                   .squares_gradient = 0};
constexpr brine_function kFunctions[] = {kTrain,
                                         EvaluateLike(kTrain),
                                         {.name = "predict",
                                          .values = kValues,
                                          .calls = kPredictCalls,
                                          .inputs = kInputs,
                                          .outputs = kPredictions,
                                          .results = nullptr,
                                          .shard_means = nullptr,
                                          .value_count = 7,
                                          .call_count = 1,
                                          .input_count = 1,
                                          .output_count = 1,
                                          .result_count = 0,
                                          .shard_mean_count = 0,
                                          .shard_calls = 1,
                                          .first_update = 1,
                                          .squares_gradient = 0}};

brine_program MakeProgram() {
  brine_program program = {};
  program.backend = &kSerialBackend;
  program.abi_version = BRINE_ABI_VERSION;
  program.name = "weighted";
  program.batch_size = 4;
  program.block_bytes[BRINE_INPUTS] = 192;
  program.block_bytes[BRINE_OUTPUTS] = 256;
  program.functions = kFunctions;
  program.function_count = 3;
  return program;
}
const brine_program kProgram = MakeProgram();

const std::vector<float> kXs = {1, 2, 0, 1, 2}, kWeights = {1, 0, 3, 0.5f, 2};
const std::vector<int32_t> kLabels = {1, 0, 0, 1, 2};

std::vector<NamedArray> Arrays() {
  return {{"x", 5, std::span<const float>(kXs)}, {"label", 5, std::span<const int32_t>(kLabels)}};
}
std::vector<NamedArray> WeightedArrays() {
  std::vector<NamedArray> arrays = Arrays();
  arrays.push_back({"sample_weight", 5, std::span<const float>(kWeights)});
  return arrays;
}

double TrainedLoss(const std::vector<NamedArray>& arrays, const ClassWeights& weights) {
  Trainer trainer(kProgram);
  return trainer.Fit(Dataset(arrays), {.class_weight = weights, .verbose = false}).epochs[0].train["loss"];
}

TEST(Weights, WithoutAnyALossIsAMean) {
  EXPECT_FLOAT_EQ(static_cast<float>(TrainedLoss(Arrays(), {})), 6.0f / 5);
  EXPECT_FLOAT_EQ(static_cast<float>(Trainer(kProgram).Evaluate(Dataset(Arrays()))["loss"]), 6.0f / 5);
}

// Σ weight·x / rows, not / Σ weight.
TEST(Weights, AreAFieldOfTheSamples) {
  EXPECT_FLOAT_EQ(static_cast<float>(TrainedLoss(WeightedArrays(), {})), 5.5f / 5);
  EXPECT_FLOAT_EQ(static_cast<float>(Trainer(kProgram).Evaluate(Dataset(WeightedArrays()))["loss"]), 5.5f / 5);
}

TEST(Weights, OfClassesAreFactors) {
  EXPECT_FLOAT_EQ(static_cast<float>(TrainedLoss(Arrays(), {{1, 5}, {2, 0}})), 12.0f / 5);
  EXPECT_FLOAT_EQ(static_cast<float>(TrainedLoss(WeightedArrays(), {{1, 5}})), 11.5f / 5);
}

TEST(Weights, AreThoseOfTheCallerOfAStep) {
  Trainer trainer(kProgram);
  const float weights[] = {2, 3};
  const auto loss = [&] {
    auto* const x = static_cast<float*>(brine_input_data(trainer.state(), &kFunctions[0], "x"));
    x[0] = 1, x[1] = 10;
    EXPECT_EQ(brine_step(trainer.state(), &trainer.program().functions[0], 2), BRINE_OK);
    return *brine_output_data(trainer.state(), &kFunctions[0], "loss");
  };
  EXPECT_EQ(loss(), 5.5f);
  const brine_function* const train = &trainer.program().functions[0];
  EXPECT_EQ(brine_set_weights(trainer.state(), train, "sample_weight", weights), BRINE_OK);
  EXPECT_EQ(loss(), 16);
  EXPECT_EQ(brine_set_weights(trainer.state(), train, "sample_weight", nullptr), BRINE_OK);
  EXPECT_EQ(loss(), 5.5f);
  EXPECT_EQ(brine_set_weights(trainer.state(), train, "label", weights), BRINE_INVALID);
}

TEST(Weights, MistakesAreSentences) {
  EXPECT_EQ(Message([] { TrainedLoss(Arrays(), {{3, 1}}); }, kExitUsage), "class weights: there is no class 3 among 3");
  EXPECT_EQ(Message(
                [] {
                  TrainedLoss(Arrays(), {{0, -1}});
                },
                kExitUsage),
            "class weights: that of class 0 must be a number of at least 0");
  std::vector<NamedArray> arrays = WeightedArrays();
  arrays[2].elements = std::span<const float>(kXs.data(), 5);
  arrays.push_back({"weights", 5, std::span<const float>(kWeights)});
  EXPECT_EQ(Message([&] { TrainedLoss(arrays, {}); }), "weighted has no input weights; it takes x, label");
}

TEST(Results, AreComputedFromTheSumsOfAllBatches) {
  const Results results = Trainer(kProgram).Evaluate(Dataset(Arrays()));
  std::vector<std::string> names;
  for (const Result& result : results.all) names.emplace_back(result.name);
  EXPECT_THAT(names, ElementsAre("loss", "share", "products"));
  EXPECT_EQ(results["share"], 2.0 / 5);  // the mean of batches, weighted or not, is not computed
  EXPECT_EQ(results["products"], 2 * 2 + 2 * 1);
}

TEST(Labels, OfAnIgnoredClassAreAccepted) {
  std::vector<int32_t> labels = kLabels;
  labels[1] = 7;
  std::vector<NamedArray> arrays = Arrays();
  arrays[1].elements = std::span<const int32_t>(labels);
  EXPECT_EQ(Trainer(kProgram).Evaluate(Dataset(arrays))["products"], 1 * 2 + 2 * 1);
  labels[1] = 6;
  EXPECT_EQ(Message([&] { Trainer(kProgram).Evaluate(Dataset(arrays)); }),
            "sample 1: label: label 6 is out of range: there are 3 classes");
}

TEST(Confusion, CountsLabelsAndGuesses) {
  Trainer trainer(kProgram);
  const std::vector<ConfusionMatrix> matrices = CountConfusions(trainer, Dataset(Arrays()), 3);
  ASSERT_EQ(matrices.size(), 1u);
  EXPECT_TRUE(CountConfusions(trainer, Dataset(Arrays()), 2).empty());
  EXPECT_THAT(matrices[0].counts, ElementsAreArray({1, 0, 1, 0, 2, 0, 0, 0, 1}));
  const ClassFigures figures = FiguresOf(matrices[0], 2);
  EXPECT_EQ(figures.precision, 0.5);
  EXPECT_EQ(figures.recall, 1);
  EXPECT_DOUBLE_EQ(figures.f1, 2.0 / 3);
  EXPECT_EQ(ConfusionTable(matrices[0], {"cat", "a big dog", "fish"}),
            "          |    cat a big dog   fish | precision recall     f1\n"
            "      cat |      1         0      1 |    1.0000 0.5000 0.6667\n"
            "a big dog |      0         2      0 |    1.0000 1.0000 1.0000\n"
            "     fish |      0         0      1 |    0.5000 1.0000 0.6667\n");
  EXPECT_EQ(ConfusionJson(matrices[0], {"a", "b", "c"}).substr(0, 76),
            "{\"output\": \"output\", \"confusion_matrix\": [[1, 0, 1], [0, 2, 0], [0, 0, 1]], ");
}

// The number that is ignored may be that of a class, such as 0.
TEST(Confusion, IgnoredLabelsDoNotCount) {
  std::vector<brine_input> inputs(std::begin(kInputs), std::end(kInputs));
  inputs[1].ignored_class = 0;
  std::vector<brine_function> functions(std::begin(kFunctions), std::end(kFunctions));
  for (brine_function& function : functions) function.inputs = inputs.data();
  brine_program program = kProgram;
  program.functions = functions.data();
  Trainer trainer(program);
  EXPECT_THAT(CountConfusions(trainer, Dataset(Arrays()), 3)[0].counts, ElementsAreArray({0, 0, 0, 0, 2, 0, 0, 0, 1}));
}

}  // namespace
}  // namespace brine::testing
