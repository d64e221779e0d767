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
  result.batch = 400;
  result.steps = 300000;
  EXPECT_EQ(ProgressBar(result, true),
            " 400/1563 =====............... 12s 41us/step - accuracy: 0.4461 - loss: 1.5200 - val_accuracy: 0.5000 - "
            "val_loss: 1.2500");
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
