// examples/two_inputs/main.cc: makes pairs of photographs, of which half show the same kind of clothes, and trains on
// them: two_inputs --data DIR [--epochs N]; DIR holds the unpacked files of Fashion-MNIST
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/trainer/readers.h"
#include "runtime/trainer/trainer.h"
#include "two_inputs.h"  // brine writes this header beside the compiled model

namespace {

constexpr int64_t kPixels = 28 * 28;

// Pair i consists of image i and of another one, which is of the same kind if i is even.
class Pairs : public brine::SampleSource {
 public:
  Pairs(const brine::Dataset& images, uint32_t seed) : images_(images), others_(images.size()), kinds_(images.size()) {
    std::vector<uint8_t> pixels(kPixels);
    std::vector<std::vector<int64_t>> of_kind(10);
    for (int64_t index = 0; index < images.size(); ++index) {
      ReadImage(index, pixels.data(), &kinds_[index]);
      of_kind[kinds_[index]].push_back(index);
    }
    std::mt19937 random(seed);
    for (int64_t index = 0; index < images.size(); ++index) {
      const int32_t kind =
          index % 2 == 0 ? kinds_[index] : static_cast<int32_t>((kinds_[index] + 1 + random() % 9) % 10);
      others_[index] = of_kind[kind][random() % of_kind[kind].size()];
    }
  }

  int64_t size() const override { return images_.size(); }
  std::span<const brine::Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    for (size_t row = 0; row < indices.size(); ++row) {
      const int64_t left = indices[row], right = others_[left];
      int32_t unused;
      ReadImage(left, static_cast<uint8_t*>(targets[0]) + row * kPixels, static_cast<int32_t*>(targets[2]) + row);
      ReadImage(right, static_cast<uint8_t*>(targets[1]) + row * kPixels, &unused);
      static_cast<float*>(targets[3])[row] = kinds_[left] == kinds_[right] ? 1.0f : 0.0f;
    }
  }

 private:
  void ReadImage(int64_t index, uint8_t* pixels, int32_t* kind) const {
    const int64_t in_source = images_.first() + index;
    void* const targets[] = {pixels, kind};
    images_.source().Read(std::span(&in_source, 1), targets);
  }

  const brine::Dataset images_;
  std::vector<int64_t> others_;
  std::vector<int32_t> kinds_;
  const std::vector<brine::Field> fields_ = {
      {.name = "left", .elements = kPixels},
      {.name = "right", .elements = kPixels},
      {.name = "kind_label", .type = brine::ElementType::kInteger, .elements = 1},
      {.name = "same_label", .type = brine::ElementType::kReal, .elements = 1}};
};

}  // namespace

int main(int argc, char** argv) try {
  const char* folder = "";
  int epochs = 3;
  for (int index = 1; index + 1 < argc; index += 2) {
    if (std::string_view(argv[index]) == "--data") folder = argv[index + 1];
    if (std::string_view(argv[index]) == "--epochs") epochs = std::atoi(argv[index + 1]);
  }
  const brine::Splits images = brine::LoadMnist(folder);
  const brine::Dataset train(std::make_shared<Pairs>(images.train, 1)), test(std::make_shared<Pairs>(images.test, 2));

  brine::Trainer trainer(two_inputs::Program(), {.seed = 3});
  trainer.Fit(train, {.epochs = epochs, .validation_data = &test});
  const brine::Results results = trainer.Evaluate(test);
  std::printf("Test accuracy of the kind: %.4f\n", results["kind_accuracy"]);
  std::printf("Test accuracy of sameness: %.4f, AUC %.4f\n", results["same_accuracy"], results["same_auc"]);
  return results["same_accuracy"] > 0.8 ? 0 : 1;
} catch (const brine::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return error.code();
}
