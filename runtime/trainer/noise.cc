#include "runtime/trainer/noise.h"

#include <algorithm>
#include <cstring>

#include "runtime/core/philox.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

constexpr int64_t kMost = 10000, kMostBytes = 256'000'000;

class NoiseSource : public SampleSource {
 public:
  NoiseSource(const brine_value& input, int64_t classes, int64_t fewest, uint64_t seed)
      : type_{.real = input.dtype == BRINE_F32, .elements = RowElements(input)},
        bytes_(type_.elements * (type_.real ? 4 : 1)) {
    const int64_t count = std::max(fewest, std::min(kMost, kMostBytes / bytes_));
    const int64_t blocks = (count * bytes_ + 15) / 16;
    const uint32_t samples_id = brine_random_id("noise"), labels_id = brine_random_id("noise/labels");
    samples_.reset(new uint8_t[static_cast<size_t>(blocks * 16)]);
    for (int64_t block = 0; block < blocks; ++block) {
      brine_random random =
          brine_philox(seed, static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), samples_id, 0);
      for (uint32_t& word : random.word) {
        const float real = static_cast<float>(word >> 8) * 0x1p-23f - 1;
        if (type_.real) std::memcpy(&word, &real, sizeof(real));
      }
      std::memcpy(samples_.get() + block * 16, random.word, 16);
    }
    for (int64_t sample = 0; sample < count; ++sample) {
      labels_.push_back(static_cast<int32_t>(brine_uniform(seed, static_cast<uint32_t>(sample), 0, labels_id) *
                                             static_cast<double>(classes)));
    }
  }

  int64_t size() const override { return static_cast<int64_t>(labels_.size()); }
  SampleType type() const override { return type_; }
  void Read(std::span<const int64_t> indices, void* samples, void* labels) const override {
    auto* sample = static_cast<uint8_t*>(samples);
    auto* number = static_cast<int32_t*>(labels);
    for (int64_t index : indices) {
      sample = std::copy_n(samples_.get() + index * bytes_, bytes_, sample);
      *number++ = labels_[static_cast<size_t>(index)];
    }
  }

 private:
  SampleType type_;
  int64_t bytes_;  // of a sample
  std::unique_ptr<uint8_t[]> samples_;
  std::vector<int32_t> labels_;
};

}  // namespace

Dataset MakeNoise(const brine_value& input, int64_t classes, int64_t fewest, uint64_t seed) {
  return Dataset(std::make_shared<NoiseSource>(input, classes, fewest, seed));
}

}  // namespace brine
