#include "runtime/trainer/progress.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/runtime/softmax_program.h"

namespace brine {
namespace {

EpochResult Result() {
  EpochResult result;
  result.epoch = 2;
  result.batch = result.batches = result.steps = 1563;
  result.train = {{{"loss", 1.52}, {"accuracy", 0.44611}}};
  result.seconds = 12.4;
  return result;
}

TEST(Progress, IsTheLineOfKeras) {
  EpochResult result = Result();
  EXPECT_EQ(ProgressBar(result, false),
            "1563/1563 ━━━━━━━━━━━━━━━━━━━━ 12s 8ms/step - accuracy: 0.4461 - loss: 1.5200");
  result.validation = {{{"loss", 1.25}, {"accuracy", 0.5}}};
  EXPECT_EQ(ProgressBar(result, true),
            "1563/1563 ==================== 12s 8ms/step - accuracy: 0.4461 - loss: 1.5200 - val_accuracy: 0.5000 - "
            "val_loss: 1.2500");
}

// Keras's time left: seconds up to a minute, then minutes and seconds, then hours.
TEST(Progress, ShowsTheTimeThatIsLeftWhileTheEpochRuns) {
  EpochResult result = Result();
  result.train = {};
  result.batch = result.steps = 400;
  const struct {
    double seconds;
    const char* text;
  } rows[] = {{12.4, " 400/1563 =====............... 36s 31ms/step"},
              {0.0123, " 400/1563 =====............... 0s 31us/step"},
              {20.6378, " 400/1563 =====............... 60s 52ms/step"},
              {23, " 400/1563 =====............... 1:07 58ms/step"},
              {1241, " 400/1563 =====............... 1:00:08 3s/step"}};
  for (const auto& row : rows) {
    result.seconds = row.seconds;
    EXPECT_EQ(ProgressBar(result, true), row.text);
  }
}

// The bar becomes shorter, or else results are left out, and the count of batches is what remains.
TEST(Progress, FitsIntoTheTerminal) {
  const EpochResult result = Result();
  const std::string whole = ProgressBar(result, false);
  EXPECT_EQ(ProgressBar(result, false, 77), whole);  // it has 77 columns
  const struct {
    int columns;
    const char* text;
  } rows[] = {{76, "1563/1563 ━━━━━━━━━━━━━━━━━━━ 12s 8ms/step - accuracy: 0.4461 - loss: 1.5200"},
              {60, "1563/1563 ━━━ 12s 8ms/step - accuracy: 0.4461 - loss: 1.5200"},
              {57, "1563/1563 ━━━━━━━━━━━━━━━ 12s 8ms/step - accuracy: 0.4461"},
              {24, "1563/1563 ━ 12s 8ms/step"},
              {23, "1563/1563"},
              {4, "1563"}};
  for (const auto& row : rows) EXPECT_EQ(ProgressBar(result, false, row.columns), row.text) << row.columns;
}

TEST(Progress, DrawsCurves) {
  const std::vector<double> falling = {4, 3.4, 2.9, 2.4, 1.9, 1.4, 0.9, 0};
  EXPECT_EQ(Sparkline(falling, 60, false), "█▇▆▅▄▃▂▁");
  EXPECT_EQ(Sparkline(falling, 60, true), "#%*+=-._");
  EXPECT_EQ(Sparkline(falling, 4, false), "█▆▃▁");  // means of two: 3.7, 2.65, 1.65, 0.45
  EXPECT_EQ(Sparkline(std::vector<double>{2, NAN, 1, INFINITY, 3}, 60, false), "▅ ▁ █");
  EXPECT_EQ(Sparkline(std::vector<double>{2, 2}, 60, false), "▁▁");
  EXPECT_EQ(Sparkline({}, 60, false), "");
}

TEST(Progress, LeavesOutWhatIsNotComputed) {
  EpochResult result = Result();
  result.train = {{{"loss", 0.00012345}, {"accuracy", NAN}}};
  EXPECT_EQ(ProgressLine(result, 10), "Epoch 3/10 - 12s - 8ms/step - loss: 1.2345e-04");
}

TEST(Progress, IsOneLineAnEpochWhereThereIsNoTerminal) {
  const testing::Images images(40);
  Trainer trainer(testing::kSoftmaxProgram);
  ::testing::internal::CaptureStderr();
  trainer.Fit(images.data(), {.epochs = 2});
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_EQ(text.rfind("Epoch 1/2 - 0s - ", 0), 0u) << text;
  ::testing::internal::CaptureStderr();
  trainer.Fit(images.data(), {.epochs = 2, .verbose = false});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace brine
