#include "runtime/trainer/dataset.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/trainer/error.h"

namespace brine {
namespace {

class MemorySource : public SampleSource {
 public:
  MemorySource(int64_t count, Samples samples, Labels labels) : count_(count), samples_(samples), labels_(labels) {
    type_.real = std::holds_alternative<std::span<const float>>(samples);
    type_.elements = ElementsEach("samples", std::visit([](auto span) { return span.size(); }, samples));
    const int64_t each = ElementsEach("labels", std::visit([](auto span) { return span.size(); }, labels));
    const bool rows = std::holds_alternative<std::span<const float>>(labels);
    if (!rows && each != 1)
      throw Error(kExitBadInput,
                  std::to_string(count * each) + " class numbers for " + std::to_string(count) + " samples");
    type_.label_elements = rows ? each : 0;
  }
  int64_t size() const override { return count_; }
  SampleType type() const override { return type_; }
  void Read(std::span<const int64_t> indices, void* samples, void* labels) const override {
    auto* sample = static_cast<uint8_t*>(samples);
    auto* label = static_cast<uint8_t*>(labels);
    for (int64_t index : indices) {
      sample = std::visit([&](auto span) { return Copy(span, index, type_.elements, sample); }, samples_);
      if (const auto* rows = std::get_if<std::span<const float>>(&labels_)) {
        label = Copy(*rows, index, type_.label_elements, label);
      } else {
        const auto* bytes = std::get_if<std::span<const uint8_t>>(&labels_);
        const int32_t number = bytes != nullptr
                                   ? (*bytes)[static_cast<size_t>(index)]
                                   : std::get<std::span<const int32_t>>(labels_)[static_cast<size_t>(index)];
        std::memcpy(label, &number, sizeof(number));
        label += sizeof(number);
      }
    }
  }

 private:
  int64_t ElementsEach(const char* what, size_t elements) const {
    const auto total = static_cast<int64_t>(elements);
    if (count_ < 0 || (count_ == 0 ? total != 0 : total == 0 || total % count_ != 0)) {
      throw Error(kExitBadInput, std::string(what) + ": " + std::to_string(total) + " elements do not divide into " +
                                     std::to_string(count_) + " samples");
    }
    return count_ == 0 ? 1 : total / count_;
  }
  template <typename T>
  static uint8_t* Copy(std::span<const T> from, int64_t index, int64_t elements, uint8_t* to) {
    const size_t bytes = static_cast<size_t>(elements) * sizeof(T);
    std::memcpy(to, from.data() + index * elements, bytes);
    return to + bytes;
  }

  int64_t count_;
  Samples samples_;
  Labels labels_;
  SampleType type_;
};

template <typename T>
class CallbackSource : public SampleSource {
 public:
  using Fill = std::function<void(std::span<const int64_t>, std::span<T>, std::span<int32_t>)>;
  CallbackSource(int64_t count, int64_t elements, Fill fill) : count_(count), fill_(std::move(fill)) {
    if (count < 0 || elements < 1)
      throw Error(kExitBadInput,
                  "a data set of " + std::to_string(count) + " samples with " + std::to_string(elements) + " elements");
    type_.real = std::is_same_v<T, float>;
    type_.elements = elements;
  }
  int64_t size() const override { return count_; }
  SampleType type() const override { return type_; }
  void Read(std::span<const int64_t> indices, void* samples, void* labels) const override {
    fill_(indices, {static_cast<T*>(samples), indices.size() * static_cast<size_t>(type_.elements)},
          {static_cast<int32_t*>(labels), indices.size()});
  }
  bool parallel() const override { return false; }

 private:
  int64_t count_;
  SampleType type_;
  Fill fill_;
};

class EnlargedSource : public SampleSource {
 public:
  EnlargedSource(std::shared_ptr<const SampleSource> inner, int64_t factor_y, int64_t factor_x)
      : inner_(std::move(inner)), small_(inner_->type()), type_(small_), factor_y_(factor_y), factor_x_(factor_x) {
    type_.height *= factor_y;
    type_.width *= factor_x;
    type_.elements *= factor_y * factor_x;
  }
  int64_t size() const override { return inner_->size(); }
  SampleType type() const override { return type_; }
  bool parallel() const override { return inner_->parallel(); }
  void Read(std::span<const int64_t> indices, void* samples, void* labels) const override {
    inner_->Read(indices, samples, labels);
    for (auto at = static_cast<int64_t>(indices.size()) - 1; at >= 0; --at) {
      if (type_.real)
        Enlarge(static_cast<const float*>(samples) + at * small_.elements,
                static_cast<float*>(samples) + at * type_.elements);
      else
        Enlarge(static_cast<const uint8_t*>(samples) + at * small_.elements,
                static_cast<uint8_t*>(samples) + at * type_.elements);
    }
  }

 private:
  // `from` lies at or before `to` in the same memory: from the end backwards, nothing is overwritten before it was
  // read.
  template <typename T>
  void Enlarge(const T* from, T* to) const {
    const int64_t row_elements = type_.width * type_.channels;
    for (int64_t y = small_.height - 1; y >= 0; --y) {
      T* const rows = to + y * factor_y_ * row_elements;  // as many as the factor says, all of them the same
      T* const last = rows + (factor_y_ - 1) * row_elements;
      const T* pixel = from + (y + 1) * small_.width * type_.channels;
      for (T* end = last + row_elements; end > last;) {
        pixel -= type_.channels;
        for (int64_t copy = 0; copy < factor_x_; ++copy) {
          for (int64_t c = type_.channels - 1; c >= 0; --c) *--end = pixel[c];
        }
      }
      for (T* row = rows; row < last; row += row_elements)
        std::memcpy(row, last, static_cast<size_t>(row_elements) * sizeof(T));
    }
  }

  std::shared_ptr<const SampleSource> inner_;
  SampleType small_, type_;
  int64_t factor_y_, factor_x_;
};

}  // namespace

Dataset::Dataset(std::shared_ptr<const SampleSource> source) : source_(std::move(source)), count_(source_->size()) {}
Dataset::Dataset(int64_t count, Samples samples, Labels labels)
    : Dataset(std::make_shared<MemorySource>(count, samples, labels)) {}

template <typename T>
Dataset Dataset::FromCallback(int64_t count, int64_t sample_elements,
                              std::function<void(std::span<const int64_t>, std::span<T>, std::span<int32_t>)> fill) {
  return Dataset(std::make_shared<CallbackSource<T>>(count, sample_elements, std::move(fill)));
}
template Dataset Dataset::FromCallback<uint8_t>(
    int64_t, int64_t, std::function<void(std::span<const int64_t>, std::span<uint8_t>, std::span<int32_t>)>);
template Dataset Dataset::FromCallback<float>(
    int64_t, int64_t, std::function<void(std::span<const int64_t>, std::span<float>, std::span<int32_t>)>);

Dataset Dataset::Slice(int64_t begin, int64_t count) const {
  Dataset slice = *this;
  begin = std::clamp<int64_t>(begin, 0, count_);
  slice.first_ += begin;
  slice.count_ = std::clamp<int64_t>(count, 0, count_ - begin);
  return slice;
}

Dataset Dataset::EnlargedTo(int64_t height, int64_t width) const {
  const SampleType small = type();
  if (small.height < 1 || small.width < 1 || (small.height == height && small.width == width)) return *this;
  if (height % small.height != 0 || width % small.width != 0) return *this;
  Dataset enlarged = *this;
  enlarged.source_ = std::make_shared<EnlargedSource>(source_, height / small.height, width / small.width);
  return enlarged;
}

}  // namespace brine
