// Tests the program on packed files: which part each command takes, and what predictions are called.
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "runtime/trainer/trainer.h"
#include "tests/runtime/packed_file.h"
#include "tests/runtime/run_program.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class PackedProgram : public ::testing::Test {
 protected:
  // Runs the program in the folder.
  Result Run(const std::string& command_line) const {
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(folder_.path());
    const Result result = RunProgram(kSoftmaxProgram, command_line);
    std::filesystem::current_path(before);
    return result;
  }

  // The tensors of a part with these images.
  static void AddPart(const std::string& part, const Images& images, std::vector<RawTensor>& tensors) {
    const std::string count = std::to_string(images.labels.size());
    tensors.push_back({part + "/data", "U8", count + ",8,8,3", {images.pixels.begin(), images.pixels.end()}});
    tensors.push_back({part + "/label", "I32", count, BytesOf(images.labels)});
  }
  void Write(const std::string& name, const std::vector<RawTensor>& tensors) const {
    folder_.Write(name, Safetensors(tensors));
  }

  const TemporaryFolder folder_;
  const Images train_{64, 1}, validation_{32, 2}, test_{48, 3};
  const RawTensor classes_ = {"class_names", "U8", "16", "ant\nbee\ncat\ndog\n"};
};

TEST_F(PackedProgram, EachCommandTakesItsPart) {
  std::vector<RawTensor> tensors = {classes_};
  AddPart("train", train_, tensors);
  AddPart("validation", validation_, tensors);
  AddPart("test", test_, tensors);
  Write("x.brd", tensors);
  const Result trained = Run("train --data x.brd --epochs 3 --json --quiet --save w --threads 1");
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  // The results are those of the same data in memory.
  Trainer trainer(kSoftmaxProgram);
  const Dataset validation = validation_.data();
  const History history = trainer.Fit(train_.data(), {.epochs = 3, .validation_data = &validation, .verbose = false});
  const auto number = [](const std::string& text, const std::string& key) {
    return std::stod(text.substr(text.rfind("\"" + key + "\": ") + key.size() + 4));
  };
  EXPECT_NEAR(number(trained.out, "val_loss"), history.epochs.back().validation["loss"], 1e-6);
  EXPECT_NEAR(number(trained.out, "loss"), history.epochs.back().train["loss"], 1e-6);
  const double test_loss = trainer.Evaluate(test_.data())["loss"];
  EXPECT_NEAR(number(trained.out, "test_loss"), test_loss, 1e-6);
  EXPECT_NEAR(number(Run("evaluate --data x.brd --weights w --json").out, "test_loss"), test_loss, 1e-6);
  EXPECT_EQ(Run("bench --data x.brd --steps 1 --threads 1").exit_code, 0);
  EXPECT_THAT(Run("predict 47 --data x.brd --weights w").out, MatchesRegex("47: (ant|bee|cat|dog) .*\n"));
  EXPECT_EQ(Run("predict 48 --data x.brd --weights w").error, "error: image 48 was asked for, the test data hold 48\n");
}

TEST_F(PackedProgram, WithoutTestDataThoseForValidationAreEvaluated) {
  std::vector<RawTensor> tensors;
  AddPart("train", train_, tensors);
  AddPart("validation", validation_, tensors);
  Write("x.brd", tensors);
  const Result trained = Run("train --data x.brd --quiet --save w");
  EXPECT_EQ(trained.exit_code, 0) << trained.error;
  EXPECT_EQ(trained.out, "");  // there is nothing to test with
  EXPECT_THAT(Run("evaluate --data x.brd --weights w").out, StartsWith("Test loss: "));
  EXPECT_THAT(Run("predict 31 --data x.brd --weights w").out, StartsWith("31: class "));
}

TEST_F(PackedProgram, TrainingDataAloneTrain) {
  std::vector<RawTensor> tensors;
  AddPart("train", train_, tensors);
  Write("x.brd", tensors);
  const Result trained = Run("train --data x.brd --save w");
  EXPECT_EQ(trained.exit_code, 0) << trained.error;
  EXPECT_THAT(trained.error, Not(HasSubstr("val_loss")));
  EXPECT_EQ(Run("evaluate --data x.brd --weights w").error, "error: x.brd: has neither test nor validation data\n");
}

TEST_F(PackedProgram, MissingPartsAndOtherSizesAreNamed) {
  std::vector<RawTensor> tensors;
  AddPart("test", test_, tensors);
  Write("x.brd", tensors);
  EXPECT_EQ(Run("train --data x.brd").error, "error: x.brd: has no training data\n");
  EXPECT_EQ(Run("bench --data x.brd").error, "error: x.brd: has no training data\n");
  Write("y.brd",
        {{"train/data", "U8", "1,7,8,3", std::string(168, 'x')}, {"train/label", "I32", "1", BytesOf<int32_t>({0})}});
  const Result run = Run("train --data y.brd");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(run.error, "error: y.brd: a sample has 168 elements, the model's input x is (n, 8, 8, 3)\n");
}

TEST_F(PackedProgram, SamplesArePredictedByName) {
  Trainer(kSoftmaxProgram).Save(folder_ / "w");
  const std::string names = "a/1.png\n\nb \"2\".png\n";
  Write("x.brd", {{"test/data", "U8", "3,8,8,3", std::string(3 * kPixels, '\x40')},
                  {"test/names", "U8", std::to_string(names.size()), names}});
  EXPECT_THAT(Run("predict x.brd --weights w --top 1").out,
              MatchesRegex("a/1.png: class [0-3] [0-9.]+\n1: class [0-3] [0-9.]+\nb \"2\".png: class [0-3] [0-9.]+\n"));
  const std::string json = Run("predict x.brd --weights w --top 2 --json").out;
  EXPECT_THAT(json, StartsWith("{\"sample\": \"a/1.png\", \"class\": \"class "));
  EXPECT_THAT(json, HasSubstr("\n{\"sample\": 1, \"class\": "));
  EXPECT_THAT(json, HasSubstr("\n{\"sample\": \"b \\\"2\\\".png\", \"class\": "));
  EXPECT_EQ(std::count(json.begin(), json.end(), ':'), 3 * 5);  // two classes for each sample
}

TEST_F(PackedProgram, PicturesAreForTheTool) {
  Trainer(kSoftmaxProgram).Save(folder_ / "w");
  folder_.Write("cat.jpg", "\xff\xd8\xff\xe0");
  const Result run = Run("predict cat.jpg --weights w");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(
      run.error,
      "error: cat.jpg: is a picture, which brine predict decodes, but this program does not; brine data pack makes "
      "a packed file, which both take\n");
}

}  // namespace
}  // namespace brine::testing
