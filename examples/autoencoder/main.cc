// examples/autoencoder/main.cc: trains on images whose labels are the images themselves:
// autoencoder --data DIR [--epochs N]; DIR holds the unpacked files of Fashion-MNIST
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "autoencoder.h"  // brine writes this header beside the compiled model
#include "runtime/trainer/readers.h"
#include "runtime/trainer/trainer.h"

namespace {

constexpr int64_t kPixels = 28 * 28;

class ImagesAsLabels : public brine::SampleSource {
 public:
  explicit ImagesAsLabels(const brine::Dataset& images) : images_(images) {}

  int64_t size() const override { return images_.size(); }
  std::span<const brine::Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    auto* pixels = static_cast<uint8_t*>(targets[0]);
    auto* label = static_cast<float*>(targets[1]);
    for (const int64_t index : indices) {
      const int64_t in_source = images_.first() + index;
      int32_t kind;
      void* const image[] = {pixels, &kind};
      images_.source().Read(std::span(&in_source, 1), image);
      for (int64_t pixel = 0; pixel < kPixels; ++pixel) *label++ = static_cast<float>(*pixels++) / 255;
    }
  }

 private:
  const brine::Dataset images_;
  const std::vector<brine::Field> fields_ = {{.elements = kPixels},
                                             {.label = true, .type = brine::ElementType::kReal, .elements = kPixels}};
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
  const brine::Dataset train(std::make_shared<ImagesAsLabels>(images.train)),
      test(std::make_shared<ImagesAsLabels>(images.test));

  brine::Trainer trainer(autoencoder::Program(), {.seed = 3});
  trainer.Fit(train, {.epochs = epochs, .validation_data = &test});
  const double loss = trainer.Evaluate(test)["loss"];
  std::printf("Test loss: %.5f\n", loss);
  return loss < 0.03 ? 0 : 1;
} catch (const brine::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return error.code();
}
