// Tests what a run measures of the trained model: the evaluation, and the times of its kernels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/core/layout.h"
#include "runtime/trainer/confusion.h"
#include "tests/e2e/json.h"
#include "tests/runtime/message.h"
#include "tests/runtime/run_folder_fixture.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/two_heads_program.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

std::vector<uint8_t> FromBase64(const std::string& text) {
  std::vector<uint8_t> bytes;
  uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    const int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '+'             ? 62
                                             : 63;
    word = word << 6 | static_cast<uint32_t>(digit);
    if ((bits += 6) >= 8) bytes.push_back(static_cast<uint8_t>(word >> (bits -= 8)));
  }
  return bytes;
}

// The expected numbers are computed here from what Predict returns.
TEST_F(RunFolderTest, TheEvaluationHasConfusionsAndTheWorstSamples) {
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data_, Options({Run()}, 2));
  const std::vector<float> rows = trainer.Predict(validation_)[0].values;
  int64_t confusion[kClasses][kClasses] = {};
  std::vector<std::pair<double, int>> losses;
  for (int sample = 0; sample < 50; ++sample) {
    const float* const row = rows.data() + sample * kClasses;
    const int label = test_.labels[static_cast<size_t>(sample)];
    ++confusion[label][std::max_element(row, row + kClasses) - row];
    losses.emplace_back(-std::log(double{row[label]}), -sample);
  }
  std::sort(losses.rbegin(), losses.rend());

  const Json file = ParseJsonLines(folder_.Read("run/evaluation.json")).at(0);
  EXPECT_EQ(Number(file, "epoch"), 2);
  EXPECT_EQ(Field(file, "data").string_value(), "validation");
  EXPECT_EQ(Number(file, "samples"), 50);
  const Json& output = Field(file, "outputs").list_value().values(0);
  EXPECT_EQ(Field(output, "name").string_value(), "output");
  EXPECT_EQ(Field(output, "classes").list_value().values(2).string_value(), "fish");
  EXPECT_EQ(Field(output, "classes").list_value().values(3).string_value(), "class 3");
  for (int label = 0; label < kClasses; ++label) {
    for (int guess = 0; guess < kClasses; ++guess) {
      const auto& counts = Field(output, "confusion").list_value().values(label).list_value();
      EXPECT_EQ(counts.values(guess).number_value(), static_cast<double>(confusion[label][guess]));
    }
  }
  const auto& worst = Field(output, "worst").list_value();
  ASSERT_EQ(worst.values_size(), 24);
  for (int place = 0; place < 24; ++place) {
    const Json& entry = worst.values(place);
    const int sample = static_cast<int>(Number(entry, "sample"));
    EXPECT_EQ(sample, -losses[static_cast<size_t>(place)].second) << place;
    EXPECT_NEAR(Number(entry, "loss"), losses[static_cast<size_t>(place)].first, 1e-6);
    EXPECT_EQ(Number(entry, "label"), test_.labels[static_cast<size_t>(sample)]);
    std::vector<float> sorted(rows.begin() + sample * kClasses, rows.begin() + (sample + 1) * kClasses);
    const std::vector<float> row = sorted;
    std::sort(sorted.rbegin(), sorted.rend());
    const auto& top = Field(entry, "top").list_value();
    ASSERT_EQ(top.values_size(), 3);
    for (int rank = 0; rank < 3; ++rank) {
      EXPECT_NEAR(Number(top.values(rank), "probability"), sorted[static_cast<size_t>(rank)], 1e-7);
      EXPECT_EQ(row[static_cast<size_t>(Number(top.values(rank), "class"))], sorted[static_cast<size_t>(rank)]);
    }
    const Json& image = Field(entry, "image");
    EXPECT_EQ(Number(image, "height"), 8);
    EXPECT_EQ(Number(image, "channels"), 3);
    const auto begin = test_.pixels.begin() + sample * kPixels;
    EXPECT_EQ(FromBase64(Field(image, "pixels").string_value()), std::vector<uint8_t>(begin, begin + kPixels));
  }
}

// After each epoch some of many samples are predicted, and at the end all.
TEST_F(RunFolderTest, TheLastEvaluationIsOfAllSamples) {
  const Images many(2100, 3);
  const Dataset validation = many.data();
  std::vector<double> samples;
  Callback watch;
  watch.on_epoch_end = [&](Trainer&, const EpochResult&) {
    samples.push_back(Number(ParseJsonLines(folder_.Read("run/evaluation.json")).at(0), "samples"));
  };
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data_, {.epochs = 2, .validation_data = &validation, .callbacks = {Run(), watch}, .verbose = false});
  EXPECT_THAT(samples, ElementsAre(2000, 2000));
  const Json file = ParseJsonLines(folder_.Read("run/evaluation.json")).at(0);
  EXPECT_EQ(Number(file, "samples"), 2100);
  double sum = 0;
  for (const Json& row : Field(Field(file, "outputs").list_value().values(0), "confusion").list_value().values()) {
    for (const Json& count : row.list_value().values()) sum += count.number_value();
  }
  EXPECT_EQ(sum, 2100);
}

// Of an output of numbers, the worst samples are those with the largest squared errors.
TEST_F(RunFolderTest, TheEvaluationOfNumbers) {
  const std::vector<float> left = {1, 2, 3, 4}, totals = {10, 4};
  const std::vector<uint8_t> right = {1, 2, 3, 0, 0, 1};
  const std::vector<int32_t> kinds = {1, 2};
  const Dataset data(std::vector<NamedArray>{{"left", 2, std::span<const float>(left)},
                                             {"right", 2, std::span<const uint8_t>(right)},
                                             {"total_label", 2, std::span<const float>(totals)},
                                             {"kind_label", 2, std::span<const int32_t>(kinds)}});
  Trainer trainer(kTwoHeadsProgram);
  trainer.Fit(data, {.epochs = 1, .validation_data = &data, .callbacks = {Run()}, .verbose = false});
  const Json file = ParseJsonLines(folder_.Read("run/evaluation.json")).at(0);
  const auto& outputs = Field(file, "outputs").list_value();
  ASSERT_EQ(outputs.values_size(), 2);
  const Json& total = outputs.values(0);
  EXPECT_THAT(FieldNames(total), ElementsAre("name", "worst"));
  float w;
  std::memcpy(&w, brine_variable_data(trainer.state(), 0), sizeof(w));
  const Json& worst = Field(total, "worst").list_value().values(0);
  const double errors[] = {std::pow(9 * w - 10, 2), std::pow(8 * w - 4, 2)};
  const int sample = errors[0] > errors[1] ? 0 : 1;
  EXPECT_EQ(Number(worst, "sample"), sample);
  EXPECT_NEAR(Number(worst, "loss"), errors[sample], 1e-4);
  EXPECT_EQ(Field(worst, "label").list_value().values(0).number_value(), totals[static_cast<size_t>(sample)]);
  EXPECT_NEAR(Field(worst, "value").list_value().values(0).number_value(), (sample == 0 ? 9 : 8) * w, 1e-5);
  EXPECT_THAT(FieldNames(outputs.values(1)), ElementsAre("classes", "confusion", "name", "worst"));
}

TEST_F(RunFolderTest, KernelsAreMeasuredInTheFirstEpoch) {
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data_, Options({Run()}, 2));
  const Json file = ParseJsonLines(folder_.Read("run/kernels.json")).at(0);
  EXPECT_EQ(Number(file, "batch_size"), 16);
  EXPECT_EQ(Number(file, "threads"), 1);
  EXPECT_EQ(Number(Field(file, "block_bytes"), "arena"), 2048);
  std::vector<std::string> names;
  for (const Json& kernel : Field(file, "kernels").list_value().values()) {
    names.push_back(Field(kernel, "name").string_value());
    EXPECT_GT(Number(kernel, "ms"), 0);
    EXPECT_GT(Number(kernel, "bytes"), 0);
    EXPECT_GT(Number(kernel, "bound_share"), 0);
  }
  EXPECT_THAT(names, ElementsAre("forward", "loss", "gradient", "kernel_step", "bias_step"));
}

// Every number of batches has steps to measure, and no observer is left.
TEST_F(RunFolderTest, KernelsOfShortRunsAreMeasured) {
  for (const int samples : {3, 16, 17, 33, 400}) {
    const Images few(samples);
    const std::string name = "run" + std::to_string(samples);
    Trainer trainer(kSoftmaxProgram);
    trainer.Fit(few.data(), Options({Run(name)}, 1));
    const Json file = ParseJsonLines(folder_.Read(name + "/kernels.json")).at(0);
    EXPECT_EQ(Field(file, "kernels").list_value().values_size(), 5) << samples;
  }
}

// The options, and the callback with them, live longer than Fit.
TEST_F(RunFolderTest, NothingObservesATrainerWhoseFitHasEnded) {
  Callback fail;
  fail.on_batch_end = [](Trainer&, const EpochResult& result) {
    if (result.batch == 2) throw Error(kExitFailed, "the disk is full");
  };
  const FitOptions stopped = Options({Run("stopped"), StopAfter(2)}, 1), failed = Options({Run("failed"), fail}, 1);
  {
    Trainer trainer(kSoftmaxProgram);
    trainer.Fit(data_, stopped);
    EXPECT_EQ(trainer.state()->observer, nullptr);
    trainer.Predict(test_.data());
  }
  Trainer trainer(kSoftmaxProgram);
  EXPECT_EQ(Message([&] { trainer.Fit(data_, failed); }, kExitFailed), "the disk is full");
  EXPECT_EQ(trainer.state()->observer, nullptr);
}

TEST_F(RunFolderTest, ASecondRunOfACallbackMeasuresKernels) {
  Trainer trainer(kSoftmaxProgram);
  FitOptions options = Options({Run("run", /*resume=*/true), StopAfter(2)}, 1);
  trainer.Fit(data_, options);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/kernels.json"));
  trainer.Fit(data_, options);
  const Json file = ParseJsonLines(folder_.Read("run/kernels.json")).at(0);
  EXPECT_EQ(Field(file, "kernels").list_value().values_size(), 5);
}

// The calls of other functions are no kernels of the step.
TEST_F(RunFolderTest, ACallbackMayPredictWhileKernelsAreMeasured) {
  Trainer trainer(kSoftmaxProgram);
  Callback predict;
  predict.on_batch_end = [&](Trainer& t, const EpochResult&) { t.Predict(test_.data()); };
  trainer.Fit(data_, Options({Run(), predict}, 1));
  const Json file = ParseJsonLines(folder_.Read("run/kernels.json")).at(0);
  std::vector<std::string> names;
  for (const Json& kernel : Field(file, "kernels").list_value().values())
    names.push_back(Field(kernel, "name").string_value());
  EXPECT_THAT(names, ElementsAre("forward", "loss", "gradient", "kernel_step", "bias_step"));
}

}  // namespace
}  // namespace brine::testing
