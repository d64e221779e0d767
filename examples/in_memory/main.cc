// examples/in_memory/main.cc: fit, evaluate and predict on data of the program itself, from arrays and from a function
#include <cstdio>
#include <random>
#include <span>
#include <vector>

#include "quarters.h"  // brine writes this header beside the compiled model
#include "runtime/trainer/trainer.h"

namespace {

constexpr int kMeasurements = 8;  // four of x and four of y

// Writes the measurements of a random point, and returns the number of the point's quarter.
int MeasureRandomPoint(std::mt19937& random, std::span<float> measurements) {
  std::uniform_real_distribution<float> unit(0, 1);
  std::normal_distribution<float> noise(0, 0.05f);
  const float x = unit(random), y = unit(random);
  for (int index = 0; index < kMeasurements; ++index)
    measurements[index] = (index < kMeasurements / 2 ? x : y) + noise(random);
  return 2 * (y >= 0.5f) + (x >= 0.5f);
}

}  // namespace

int main() try {
  // The training data are in memory: rows of numbers, and a label for each row.
  constexpr int kPoints = 2000;
  std::vector<float> points(kPoints * kMeasurements);
  std::vector<int32_t> quarters(kPoints);
  std::mt19937 random(1);
  for (int index = 0; index < kPoints; ++index)
    quarters[index] = MeasureRandomPoint(random, std::span(points).subspan(index * kMeasurements, kMeasurements));
  const brine::Dataset train(kPoints, std::span<const float>(points), std::span<const int32_t>(quarters));

  // The test data come from a function, which makes a sample when it is read.
  const brine::Dataset test = brine::Dataset::FromCallback<float>(
      500, kMeasurements, [](std::span<const int64_t> indices, std::span<float> samples, std::span<int32_t> labels) {
        for (size_t index = 0; index < indices.size(); ++index) {
          std::mt19937 own(static_cast<uint32_t>(1000 + indices[index]));
          labels[index] = MeasureRandomPoint(own, samples.subspan(index * kMeasurements, kMeasurements));
        }
      });

  brine::Trainer trainer(quarters::Program(), {.seed = 3});
  brine::Callback decay;
  decay.on_epoch_end = [](brine::Trainer& t, const brine::EpochResult& epoch) {
    std::printf("epoch %d: loss %.3f, validation accuracy %.3f\n", epoch.epoch + 1, epoch.train["loss"],
                epoch.validation["accuracy"]);
    t.set_learning_rate(0.8 * t.learning_rate());
    if (epoch.validation["accuracy"] > 0.97) t.Stop();
  };
  trainer.Fit(train, {.epochs = 20, .batch_size = 32, .validation_split = 0.1, .callbacks = {decay}, .verbose = false});

  const double accuracy = trainer.Evaluate(test)["accuracy"];
  std::printf("Test accuracy: %.4f\n", accuracy);
  trainer.Save("quarters.safetensors");

  const float corner[kMeasurements] = {0.9f, 0.9f, 0.9f, 0.9f, 0.1f, 0.1f, 0.1f, 0.1f};
  const std::vector<float> probabilities = trainer.Predict(std::span<const float>(corner));
  std::printf("(0.9, 0.1) lies in quarter 1 with probability %.3f\n", probabilities[1]);
  return accuracy > 0.9 ? 0 : 1;
} catch (const brine::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return error.code();
}
