// Tests models with several inputs and outputs, whose data and results are found by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/trainer/main.h"
#include "runtime/trainer/noise.h"
#include "runtime/trainer/trainer.h"
#include "tests/runtime/message.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/two_heads_program.h"

namespace brine::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Five samples in batches of four.  The sums of the rows are 1, 2, 3, 4 and 5.
const std::vector<float> kLeft = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0}, kTotals = {1, 2, 3, 4, 7};
const std::vector<uint8_t> kRight = {0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 2, 1, 1};
const std::vector<int32_t> kKinds = {1, 1, 0, 2, 1};

std::vector<NamedArray> Arrays() {
  return {{"left", 5, std::span<const float>(kLeft)},
          {"right", 5, std::span<const uint8_t>(kRight)},
          {"total_label", 5, std::span<const float>(kTotals)},
          {"kind_label", 5, std::span<const int32_t>(kKinds)}};
}

TEST(Named, EachResultHasItsName) {
  Trainer trainer(kTwoHeadsProgram);
  const Results results = trainer.Evaluate(Dataset(Arrays()));
  std::vector<std::string> names;
  for (const Result& result : results.all) names.emplace_back(result.name);
  EXPECT_THAT(names, ElementsAre("loss", "total_loss", "kind_loss", "kind_accuracy"));
  EXPECT_DOUBLE_EQ(results["total_loss"], 4.0 / 5);  // 0 for four rows, and 4 for the last row, a batch of its own
  EXPECT_DOUBLE_EQ(results["kind_loss"], 1);
  EXPECT_NEAR(results["kind_accuracy"], 3.0 / 5, 1e-7);
  EXPECT_NEAR(results["loss"], 9.0 / 5, 1e-7);
}

TEST(Named, AnEpochIsTrained) {
  Trainer trainer(kTwoHeadsProgram);
  const History history = trainer.Fit(Dataset(Arrays()), {.shuffle = false, .verbose = false});
  EXPECT_NEAR(history.epochs[0].train["total_loss"], 4.0 / 5, 1e-7);
  // The gradient of the first batch is 0.  That of the last row is d (5w − 7)² / dw = −20.
  EXPECT_FLOAT_EQ(*reinterpret_cast<float*>(brine_variable_data(trainer.state(), 0)), 1.2f);
}

TEST(Named, EachOutputIsPredicted) {
  Trainer trainer(kTwoHeadsProgram);
  std::vector<NamedArray> inputs = Arrays();
  inputs.resize(2);
  const std::vector<Prediction> predictions = trainer.Predict(Dataset(inputs));
  ASSERT_EQ(predictions.size(), 2u);
  EXPECT_EQ(predictions[0].name, "total");
  EXPECT_EQ(predictions[0].classes, 0);
  EXPECT_THAT(predictions[0].values, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(predictions[1].name, "kind");
  EXPECT_EQ(predictions[1].classes, 3);
  EXPECT_EQ(predictions[1].values.size(), 15u);
  EXPECT_EQ(trainer.Predict(Dataset(Arrays()))[0].values, predictions[0].values);  // without labels
}

TEST(Named, IntegersFeedNumbers) {
  const std::vector<int32_t> whole = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0};
  std::vector<NamedArray> inputs = Arrays();
  inputs[0].elements = std::span<const int32_t>(whole);
  EXPECT_THAT(Trainer(kTwoHeadsProgram).Predict(Dataset(inputs))[0].values, ElementsAre(1, 2, 3, 4, 5));
}

TEST(Named, WhatDoesNotFitIsNamed) {
  Trainer trainer(kTwoHeadsProgram), softmax(kSoftmaxProgram);
  const auto with = [&](size_t index, const NamedArray& array) {
    std::vector<NamedArray> arrays = Arrays();
    arrays[index] = array;
    return Message([&] { trainer.Evaluate(Dataset(arrays)); });
  };
  const std::vector<int32_t> kinds = {1, 1, 3, 2, 1};
  const std::vector<float> reals(15, 1), totals = {1, 2, NAN, 4, 5};
  EXPECT_EQ(with(0, {"lfet", 5, std::span<const float>(kLeft)}),
            "two_heads has no input lfet; it takes left, right, total_label, kind_label");
  EXPECT_EQ(with(0, {"left", 5, std::span<const float>(reals)}),
            "left: a sample has 3 elements, the model's input left is (n, 2)");
  EXPECT_EQ(with(1, {"right", 5, std::span<const float>(reals)}),
            "right: the samples are f32, the model's input right is u8");
  EXPECT_EQ(with(3, {"kind_label", 5, std::span<const int32_t>(kinds)}),
            "sample 2: kind_label: label 3 is out of range: there are 3 classes");
  EXPECT_EQ(with(2, {"total_label", 5, std::span<const float>(totals)}),
            "sample 2: total_label: its label is not finite");
  EXPECT_EQ(with(3, {"kind_label", 4, std::span<const int32_t>(kinds).first(4)}),
            "kind_label has 4 samples, left has 5");
  std::vector<NamedArray> arrays = Arrays();
  arrays.pop_back();
  EXPECT_EQ(Message([&] { trainer.Evaluate(Dataset(arrays)); }), "there are no data for the label kind_label");
  arrays.erase(arrays.begin());
  EXPECT_EQ(Message([&] { trainer.Predict(Dataset(arrays)); }), "there are no data for the input left");
  const Images images(3);
  EXPECT_EQ(Message([&] { trainer.Fit(images.data(), {.verbose = false}); }),
            "two_heads takes left, right, total_label, kind_label; data for it must have these names");
  EXPECT_EQ(Message([&] { trainer.Predict(std::span<const float>(kLeft)); }),
            "two_heads has several inputs or outputs, which have names");
}

TEST(Named, NoiseFeedsEveryInput) {
  const Dataset noise = MakeNoise(kTwoHeadsProgram.functions[0], 1, 0);
  EXPECT_EQ(noise.size(), 10000);
  const Results results = Trainer(kTwoHeadsProgram).Evaluate(noise);
  EXPECT_NEAR(results["kind_loss"], 1, 0.05);  // the mean of 0, 1 and 2
  EXPECT_NEAR(results["kind_accuracy"], 1.0 / 3, 0.05);
  EXPECT_GT(results["total_loss"], 1e4);  // the errors are sums of three bytes
}

// A model with one input also takes data with names.
TEST(Named, TheOnlyInputHasANameToo) {
  const Images images(40);
  Trainer trainer(kSoftmaxProgram);
  const Dataset named(
      {{"label", 40, std::span<const int32_t>(images.labels)}, {"x", 40, std::span<const uint8_t>(images.pixels)}});
  EXPECT_EQ(trainer.Evaluate(named)["loss"], trainer.Evaluate(images.data())["loss"]);
}

class NamedMain : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/named_test." + std::to_string(getpid());
    fs::create_directories(folder_);
    fs::current_path(folder_);
    Write("left.npy", "<f4", "(5, 2)", std::as_bytes(std::span(kLeft)));
    Write("right.npy", "|u1", "(5, 3)", std::as_bytes(std::span(kRight)));
    Write("total.npy", "<f4", "(5,)", std::as_bytes(std::span(kTotals)));
    const std::vector<int64_t> kinds(kKinds.begin(), kKinds.end());
    Write("kind.npy", "<i8", "(5,)", std::as_bytes(std::span(kinds)));
  }
  void TearDown() override {
    fs::current_path("/");
    fs::remove_all(folder_);
  }
  static void Write(const std::string& path, const std::string& type, const std::string& shape,
                    std::span<const std::byte> bytes) {
    const std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
    std::ofstream file(path, std::ios::binary);
    file << std::string("\x93NUMPY\1\0", 8) << static_cast<char>(header.size()) << '\0' << header;
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  // The output of the program, and its exit code if that is not 0.
  static std::string Run(const std::string& command_line) {
    std::vector<std::string> words = {"two_heads"};
    std::istringstream stream(command_line);
    for (std::string word; stream >> word;) words.push_back(word);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = brine_trainer_main(&kTwoHeadsProgram, static_cast<int>(argv.size()), argv.data());
    const std::string out = ::testing::internal::GetCapturedStdout(), error = ::testing::internal::GetCapturedStderr();
    return code == 0 ? out + error : std::to_string(code) + " " + error;
  }

  const std::string inputs_ = " --data left=left.npy --data=right=right.npy",
                    data_ = inputs_ + " --data total_label=total.npy --data kind_label=kind.npy";
  std::string folder_;
};

TEST_F(NamedMain, AFileAnInputTrainsEvaluatesAndPredicts) {
  EXPECT_THAT(Run("train --quiet --json --no-shuffle --save w.safetensors" + data_),
              HasSubstr("{\"epoch\": 1, \"loss\": 1.8, \"total_loss\": 0.8, \"kind_loss\": 1, \"kind_accuracy\": "));
  EXPECT_EQ(Run("evaluate --weights w.safetensors" + data_),
            "Test loss: 1.4400\nTest total_loss: 0.4400\nTest kind_loss: 1.0000\nTest kind_accuracy: 0.6000\n\n"
            "kind:\n        | class 0 class 1 class 2 | precision recall     f1\n"
            "class 0 |       0       1       0 |    0.0000 0.0000 0.0000\n"
            "class 1 |       0       3       0 |    0.6000 1.0000 0.7500\n"
            "class 2 |       0       1       0 |    0.0000 0.0000 0.0000\n");
  EXPECT_EQ(Run("predict left=left.npy right=right.npy --weights w.safetensors").substr(0, 77),
            "0 total: 1.20000005\n0 kind: class 1 1.0000, class 0 0.0000, class 2 0.0000\n1 ");
  EXPECT_EQ(Run("predict 3 --json --weights w.safetensors" + inputs_),
            "{\"sample\": 3, \"output\": \"total\", \"values\": [4.80000019]}\n"
            "{\"sample\": 3, \"output\": \"kind\", \"class\": \"class 1\", \"probabilities\": {\"class 1\": 1, "
            "\"class 0\": 0, \"class 2\": 0}}\n");
}

TEST_F(NamedMain, MistakesAreNamed) {
  EXPECT_EQ(Run("train"),
            "3 error: the built-in data are images, which two_heads does not take; use --data NAME=FILE for each of "
            "left, right, total_label, kind_label\n");
  EXPECT_EQ(Run("train" + inputs_), "3 error: there are no data for the label total_label\n");
  EXPECT_EQ(Run("train --data lfet=left.npy" + data_),
            "3 error: two_heads has no input lfet; it takes left, right, total_label, kind_label\n");
  EXPECT_EQ(Run("train --data left=right.npy"),
            "3 error: right.npy: has shape (5, 3), the model's input left is (n, 2)\n");
  EXPECT_EQ(Run("train --data left=left.npy" + data_), "2 error: --data left is given twice\n");
  EXPECT_EQ(Run("train --data data" + data_),
            "2 error: --data takes a folder, or a file for each input, but not both\n");
  EXPECT_EQ(Run("train --data left=none.npy"), "3 error: none.npy: cannot be opened: No such file or directory\n");
  ASSERT_EQ(Run("train --quiet --json --save w.safetensors" + data_).substr(0, 1), "{");
  EXPECT_EQ(Run("predict left.npy --weights w.safetensors"),
            "2 error: two_heads takes several inputs; give NAME=FILE for each of left, right\n");
  EXPECT_EQ(Run("predict left=left.npy 3 --weights w.safetensors"), "2 error: predict takes one input, got also '3'\n");
}

}  // namespace
}  // namespace brine::testing
