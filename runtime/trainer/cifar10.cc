#include <array>
#include <cstring>
#include <filesystem>
#include <utility>

#include "runtime/trainer/error.h"
#include "runtime/trainer/mapped_file.h"
#include "runtime/trainer/readers.h"

namespace brine {
namespace {

constexpr int64_t kPixels = 32 * 32, kRecord = 1 + 3 * kPixels;  // a label, and a red, a green and a blue plane
constexpr std::array<const char*, 10> kClasses = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                  "dog",      "frog",       "horse", "ship", "truck"};

// Interleaves the three planes of an image to pixels.  Since every step reads images, the loop should be vectorized.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx2", "default")))  // the library is built for every x86-64
#endif
void Interleave(const uint8_t* __restrict planes, uint8_t* __restrict pixels) {
  for (int64_t pixel = 0; pixel < kPixels; ++pixel) {
    pixels[3 * pixel] = planes[pixel];
    pixels[3 * pixel + 1] = planes[kPixels + pixel];
    pixels[3 * pixel + 2] = planes[2 * kPixels + pixel];
  }
}

class Cifar10Source : public SampleSource {
 public:
  explicit Cifar10Source(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      files_.emplace_back(path);
      const std::span<const uint8_t> bytes = files_.back().bytes();
      if (bytes.size() % kRecord != 0) {
        throw Error(kExitBadInput, path + ": has " + std::to_string(bytes.size()) +
                                       " bytes, which are no whole number of records of " + std::to_string(kRecord));
      }
      for (size_t offset = 0; offset < bytes.size(); offset += kRecord) {
        if (bytes[offset] >= kClasses.size()) {
          throw Error(kExitBadInput, path + ": record " + std::to_string(offset / kRecord) + " has label " +
                                         std::to_string(bytes[offset]) + ", which is not 0 to 9");
        }
        records_.push_back(&bytes[offset]);
      }
    }
  }
  int64_t size() const override { return static_cast<int64_t>(records_.size()); }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    auto* pixel = static_cast<uint8_t*>(targets[0]);
    auto* label = static_cast<uint8_t*>(targets[1]);
    for (int64_t index : indices) {
      const uint8_t* const record = records_[static_cast<size_t>(index)];
      const int32_t number = record[0];
      std::memcpy(label, &number, sizeof(number));
      label += sizeof(number);
      Interleave(record + 1, pixel);
      pixel += 3 * kPixels;
    }
  }

 private:
  const std::vector<Field> fields_ = ImageFields(32, 32, 3);
  std::vector<MappedFile> files_;
  std::vector<const uint8_t*> records_;
};

Dataset Load(const std::vector<std::string>& paths) {
  Dataset data(std::make_shared<Cifar10Source>(paths));
  data.class_names.assign(kClasses.begin(), kClasses.end());
  return data;
}

}  // namespace

Splits LoadCifar10(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const std::string inner = folder + "/cifar-10-batches-bin";
  const std::string root = fs::is_directory(inner, ignored) ? inner : folder;
  std::vector<std::string> train;
  for (int batch = 1; batch <= 5; ++batch) train.push_back(root + "/data_batch_" + std::to_string(batch) + ".bin");
  return {Load(train), Load({root + "/test_batch.bin"})};
}

}  // namespace brine
