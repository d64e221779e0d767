// Trains the model of model.cc on points that this program draws.
#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <vector>

#include "NAME_OF_MODEL.h"  // brine writes this header beside the compiled model
#include "runtime/trainer/trainer.h"

namespace {

struct Points {
  std::vector<float> coordinates;  // x and y of each point
  std::vector<int32_t> quarters;
};

Points DrawPoints(int count, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> unit(0, 1);
  Points points;
  for (int index = 0; index < count; ++index) {
    const float x = unit(random), y = unit(random);
    points.coordinates.insert(points.coordinates.end(), {x, y});
    points.quarters.push_back(2 * (y >= 0.5f) + (x >= 0.5f));
  }
  return points;
}

brine::Dataset DatasetOf(const Points& points) {
  return brine::Dataset(static_cast<int64_t>(points.quarters.size()), std::span<const float>(points.coordinates),
                        std::span<const int32_t>(points.quarters));
}

}  // namespace

int main() try {
  const Points train = DrawPoints(4000, 1), test = DrawPoints(1000, 2);
  brine::Trainer trainer(NAME_OF_MODEL::Program(), {.seed = 0});
  trainer.Fit(DatasetOf(train), {.epochs = 5, .batch_size = 32, .validation_split = 0.1});
  std::printf("Test accuracy: %.4f\n", trainer.Evaluate(DatasetOf(test))["accuracy"]);
  trainer.Save("NAME_OF_MODEL.safetensors");

  const std::vector<float> point = {0.9f, 0.1f};
  std::printf("(0.9, 0.1) lies in quarter 1 with probability %.3f\n", trainer.Predict(std::span(point))[1]);
  return 0;
} catch (const brine::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return error.code();
}
