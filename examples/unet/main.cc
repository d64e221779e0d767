// examples/unet/main.cc: draws images of discs and squares, each pixel with its class, and trains on them
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <span>
#include <vector>

#include "runtime/trainer/trainer.h"
#include "unet.h"  // brine writes this header beside the compiled model

namespace {

constexpr int kSide = 64, kPixels = kSide * kSide;
enum Kind : int32_t { kBackground, kDisc, kSquare };

struct Images {
  std::vector<float> pixels;
  std::vector<int32_t> kinds;  // of each pixel
  int count() const { return static_cast<int>(kinds.size() / kPixels); }
};

// Each image has four discs and squares of equal light on a noisy background; the last one drawn hides the others.
Images DrawImages(int count, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> place(8, kSide - 8), radius(5, 12), light(0.35f, 0.65f);
  std::normal_distribution<float> noise(0, 0.15f);
  Images images;
  for (int image = 0; image < count; ++image) {
    std::vector<float> pixels(kPixels, 0.2f);
    std::vector<int32_t> kinds(kPixels, kBackground);
    for (int shape = 0; shape < 4; ++shape) {
      const Kind kind = random() % 2 == 0 ? kDisc : kSquare;
      const float middle_x = place(random), middle_y = place(random), r = radius(random), ink = light(random);
      for (int pixel = 0; pixel < kPixels; ++pixel) {
        const float x = std::abs(static_cast<float>(pixel % kSide) - middle_x),
                    y = std::abs(static_cast<float>(pixel / kSide) - middle_y);
        const bool is_inside = kind == kDisc ? x * x + y * y < r * r : std::max(x, y) < 0.9f * r;
        if (!is_inside) continue;
        pixels[pixel] = ink;
        kinds[pixel] = kind;
      }
    }
    for (float& pixel : pixels) pixel += noise(random);
    images.pixels.insert(images.pixels.end(), pixels.begin(), pixels.end());
    images.kinds.insert(images.kinds.end(), kinds.begin(), kinds.end());
  }
  return images;
}

brine::Dataset DatasetOf(const Images& images) {
  return brine::Dataset({{"x", images.count(), std::span<const float>(images.pixels)},
                         {"label", images.count(), std::span<const int32_t>(images.kinds)}});
}

// The number of pixels that are of this kind both in truth and by prediction, over those that are so in either.
double IntersectionOverUnion(std::span<const int32_t> truth, std::span<const float> probabilities, int32_t kind) {
  double both = 0, either = 0;
  for (size_t pixel = 0; pixel < truth.size(); ++pixel) {
    const float* const row = &probabilities[3 * pixel];
    const bool is_predicted = std::max_element(row, row + 3) - row == kind, is_true = truth[pixel] == kind;
    both += is_predicted && is_true;
    either += is_predicted || is_true;
  }
  return both / either;
}

}  // namespace

int main() try {
  const Images train = DrawImages(800, 1), test = DrawImages(200, 2);
  const brine::Dataset train_data = DatasetOf(train), test_data = DatasetOf(test);

  brine::Trainer trainer(unet::Program(), {.seed = 3});
  trainer.Fit(train_data, {.epochs = 6, .validation_data = &test_data});
  const double accuracy = trainer.Evaluate(test_data)["accuracy"];
  const std::vector<float> probabilities = trainer.Predict(std::span<const float>(test.pixels));
  std::printf("Test intersection over union: disc %.3f, square %.3f\n",
              IntersectionOverUnion(test.kinds, probabilities, kDisc),
              IntersectionOverUnion(test.kinds, probabilities, kSquare));
  std::printf("Test accuracy: %.4f\n", accuracy);
  return accuracy > 0.9 ? 0 : 1;
} catch (const brine::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return error.code();
}
