#include "runtime/trainer/noise.h"

#include <algorithm>
#include <cstring>

#include "runtime/core/philox.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

constexpr int64_t kMaxSamples = 10000, kMaxNoiseBytes = 256'000'000;

class NoiseSource : public SampleSource {
 public:
  NoiseSource(const brine_function& function, int64_t fewest, uint64_t seed) {
    int64_t sample_bytes = 0;
    for (const brine_input* input : FedInputs(function)) {
      const brine_value& value = function.values[input->value];
      Field field = {.name = value.name, .label = input->source == BRINE_LABEL};
      field.type = input->classes > 0         ? ElementType::kInteger
                   : value.dtype == BRINE_F32 ? ElementType::kReal
                                              : ElementType::kByte;
      field.elements = RowElements(value);
      if (input->classes > 0 && value.dtype == BRINE_F32) field.elements /= input->classes;
      sample_bytes += field.label ? 0 : field.elements * ByteCount(field.type);
      fields_.push_back(field);
      classes_.push_back(input->classes);
    }
    count_ = std::max(fewest, std::min(kMaxSamples, kMaxNoiseBytes / std::max<int64_t>(sample_bytes, 1)));
    for (size_t field_index = 0; field_index < fields_.size(); ++field_index) DrawField(field_index, seed);
  }

  int64_t size() const override { return count_; }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    for (size_t field_index = 0; field_index < fields_.size(); ++field_index) {
      const int64_t bytes = fields_[field_index].elements * ByteCount(fields_[field_index].type);
      auto* target = static_cast<uint8_t*>(targets[field_index]);
      for (int64_t index : indices) target = std::copy_n(arrays_[field_index].get() + index * bytes, bytes, target);
    }
  }

 private:
  // Appends the samples of a field to `arrays_`, as 16 bytes for each call of Philox.
  void DrawField(size_t field_index, uint64_t seed) {
    const Field& field = fields_[field_index];
    const uint32_t id = brine_random_id(("noise/" + field.name).c_str());
    const int64_t blocks = (count_ * field.elements * ByteCount(field.type) + 15) / 16;
    arrays_.emplace_back(new uint8_t[static_cast<size_t>(blocks * 16)]);
    for (int64_t block = 0; block < blocks; ++block) {
      brine_random random = brine_philox(seed, static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), id, 0);
      for (uint32_t& word : random.word) {
        const float real = static_cast<float>(word >> 8) * 0x1p-23f - 1;
        if (field.type == ElementType::kReal) std::memcpy(&word, &real, sizeof(real));
        if (field.type == ElementType::kInteger)
          word = static_cast<uint32_t>(uint64_t{word} * static_cast<uint64_t>(classes_[field_index]) >> 32);
      }
      std::memcpy(arrays_.back().get() + block * 16, random.word, 16);
    }
  }

  std::vector<Field> fields_;
  std::vector<int64_t> classes_;  // by field: the number of classes, or 0
  int64_t count_ = 0;
  std::vector<std::unique_ptr<uint8_t[]>> arrays_;  // by field: the samples
};

}  // namespace

Dataset MakeNoise(const brine_function& function, int64_t fewest, uint64_t seed) {
  return Dataset(std::make_shared<NoiseSource>(function, fewest, seed));
}

}  // namespace brine
