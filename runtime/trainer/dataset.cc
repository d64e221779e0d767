#include "runtime/trainer/dataset.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/trainer/error.h"

namespace brine {
namespace {

class MemorySource : public SampleSource {
 public:
  MemorySource(std::vector<Field> fields, std::vector<NamedArray> arrays, std::shared_ptr<const void> owner)
      : fields_(std::move(fields)), arrays_(std::move(arrays)), owner_(std::move(owner)) {
    for (size_t field = 0; field < arrays_.size(); ++field) {
      fields_[field].type = static_cast<ElementType>(arrays_[field].elements.index());
      fields_[field].elements = ElementsOfSample(fields_[field], arrays_[field]);
      if (arrays_[field].count == arrays_[0].count) continue;
      ThrowError(kExitBadInput, {arrays_[field].name, " has ", arrays_[field].count, " samples, ", arrays_[0].name,
                                 " has ", arrays_[0].count});
    }
  }
  int64_t size() const override { return arrays_.empty() ? 0 : arrays_[0].count; }
  bool reads_labels_alone() const override { return true; }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    for (size_t field = 0; field < arrays_.size(); ++field) {
      auto* target = static_cast<uint8_t*>(targets[field]);
      if (target == nullptr) continue;
      for (int64_t index : indices)
        target = std::visit([&](auto span) { return Copy(span, index, fields_[field].elements, target); },
                            arrays_[field].elements);
    }
  }

 private:
  static int64_t ElementsOfSample(const Field& field, const NamedArray& array) {
    const auto total = static_cast<int64_t>(std::visit([](auto span) { return span.size(); }, array.elements));
    const std::string what = !field.name.empty() ? field.name : field.label ? "labels" : "samples";
    if (array.count < 0 || (array.count == 0 ? total != 0 : total == 0 || total % array.count != 0)) {
      ThrowError(kExitBadInput, {what, ": ", total, " elements do not divide into ", array.count, " samples"});
    }
    return array.count == 0 ? 1 : total / array.count;
  }
  template <typename T>
  static uint8_t* Copy(std::span<const T> from, int64_t index, int64_t elements, uint8_t* to) {
    const size_t bytes = static_cast<size_t>(elements) * sizeof(T);
    std::memcpy(to, from.data() + index * elements, bytes);
    return to + bytes;
  }

  std::vector<Field> fields_;
  std::vector<NamedArray> arrays_;
  std::shared_ptr<const void> owner_;
};
static_assert(std::is_same_v<std::variant_alternative_t<0, Labels>, std::span<const uint8_t>> &&
                  std::is_same_v<std::variant_alternative_t<1, Labels>, std::span<const int32_t>> &&
                  std::is_same_v<std::variant_alternative_t<2, Labels>, std::span<const float>>,
              "the alternatives of Labels have the order of ElementType");

std::vector<Field> FieldsOf(const std::vector<NamedArray>& arrays) {
  std::vector<Field> fields;
  for (const NamedArray& array : arrays) fields.push_back({.name = array.name});
  return fields;
}

template <typename T>
class CallbackSource : public SampleSource {
 public:
  using Fill = std::function<void(std::span<const int64_t>, std::span<T>, std::span<int32_t>)>;
  CallbackSource(int64_t count, int64_t elements, Fill fill) : count_(count), fill_(std::move(fill)) {
    if (count < 0 || elements < 1)
      ThrowError(kExitBadInput, {"a data set of ", count, " samples with ", elements, " elements"});
    fields_[0].type = std::is_same_v<T, float> ? ElementType::kReal : ElementType::kByte;
    fields_[0].elements = elements;
  }
  int64_t size() const override { return count_; }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    fill_(indices, {static_cast<T*>(targets[0]), indices.size() * static_cast<size_t>(fields_[0].elements)},
          {static_cast<int32_t*>(targets[1]), indices.size()});
  }
  bool parallel() const override { return false; }

 private:
  int64_t count_;
  Fill fill_;
  std::vector<Field> fields_ = ImageFields(0, 0, 0);
};

class EnlargedSource : public SampleSource {
 public:
  EnlargedSource(std::shared_ptr<const SampleSource> inner, int64_t factor_y, int64_t factor_x)
      : inner_(std::move(inner)),
        small_(inner_->fields()[0]),
        fields_(inner_->fields().begin(), inner_->fields().end()),
        factor_y_(factor_y),
        factor_x_(factor_x) {
    large_.height *= factor_y;
    large_.width *= factor_x;
    large_.elements *= factor_y * factor_x;
  }
  int64_t size() const override { return inner_->size(); }
  std::span<const Field> fields() const override { return fields_; }
  bool parallel() const override { return inner_->parallel(); }
  bool reads_labels_alone() const override { return inner_->reads_labels_alone(); }
  std::string NameOf(int64_t index) const override { return inner_->NameOf(index); }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    inner_->Read(indices, targets);
    if (targets[0] == nullptr) return;
    for (auto sample = static_cast<int64_t>(indices.size()) - 1; sample >= 0; --sample) {
      if (large_.type == ElementType::kReal)
        Enlarge(static_cast<const float*>(targets[0]) + sample * small_.elements,
                static_cast<float*>(targets[0]) + sample * large_.elements);
      else
        Enlarge(static_cast<const uint8_t*>(targets[0]) + sample * small_.elements,
                static_cast<uint8_t*>(targets[0]) + sample * large_.elements);
    }
  }

 private:
  // Enlarges one image.  `from` and `to` are in the same memory, and `from` is not after `to`.  The loops run from the
  // end to the beginning, so that no pixel is overwritten before it was read.
  template <typename T>
  void Enlarge(const T* from, T* to) const {
    const int64_t row_elements = large_.width * large_.channels;
    for (int64_t y = small_.height - 1; y >= 0; --y) {
      T* const rows = to + y * factor_y_ * row_elements;  // factor_y_ equal rows, of which the last is written first
      T* const last = rows + (factor_y_ - 1) * row_elements;
      const T* pixel = from + (y + 1) * small_.width * large_.channels;
      for (T* end = last + row_elements; end > last;) {
        pixel -= large_.channels;
        for (int64_t copy = 0; copy < factor_x_; ++copy) {
          for (int64_t c = large_.channels - 1; c >= 0; --c) *--end = pixel[c];
        }
      }
      for (T* row = rows; row < last; row += row_elements)
        std::memcpy(row, last, static_cast<size_t>(row_elements) * sizeof(T));
    }
  }

  std::shared_ptr<const SampleSource> inner_;
  const Field small_;
  std::vector<Field> fields_;
  Field& large_ = fields_[0];
  int64_t factor_y_, factor_x_;
};

// "bytes of shape [28, 28, 1]", or "floats of shape [4]".
std::string Describe(const Field& field) {
  static constexpr const char* kNames[] = {"bytes", "integers", "floats"};
  std::string text = std::string(kNames[static_cast<int>(field.type)]) + " of shape [";
  if (field.height > 0) {
    text += std::to_string(field.height) + ", " + std::to_string(field.width) + ", " + std::to_string(field.channels);
  } else {
    text += std::to_string(field.elements);
  }
  return text + "]";
}

}  // namespace

int64_t ByteCount(ElementType type) { return type == ElementType::kByte ? 1 : 4; }

std::vector<Field> ImageFields(int64_t height, int64_t width, int64_t channels) {
  return {{.elements = height * width * channels, .height = height, .width = width, .channels = channels},
          {.label = true, .type = ElementType::kInteger, .elements = 1}};
}

Dataset::Dataset(std::shared_ptr<const SampleSource> source) : source_(std::move(source)), count_(source_->size()) {}
Dataset::Dataset(int64_t count, Samples samples, Labels labels) {
  const Labels elements = std::visit([](auto span) { return Labels(span); }, samples);
  source_ = std::make_shared<MemorySource>(
      ImageFields(0, 0, 0), std::vector<NamedArray>{{"samples", count, elements}, {"labels", count, labels}}, nullptr);
  count_ = count;
  const Field& label = fields()[1];
  if (label.type != ElementType::kReal && label.elements != 1)
    ThrowError(kExitBadInput, {count * label.elements, " class numbers for ", count, " samples"});
}
Dataset::Dataset(const std::vector<NamedArray>& arrays, std::shared_ptr<const void> owner)
    : Dataset(std::make_shared<MemorySource>(FieldsOf(arrays), arrays, std::move(owner))) {}

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

Dataset Dataset::WithSource(std::shared_ptr<const SampleSource> source) const {
  Dataset other = *this;
  other.source_ = std::move(source);
  return other;
}

Dataset Dataset::EnlargedTo(int64_t height, int64_t width) const {
  if (fields().empty()) return *this;
  const Field& small = fields()[0];
  if (small.height < 1 || small.width < 1 || (small.height == height && small.width == width)) return *this;
  if (height % small.height != 0 || width % small.width != 0) return *this;
  return WithSource(std::make_shared<EnlargedSource>(source_, height / small.height, width / small.width));
}

void CheckParts(const Splits& splits, const std::string& place) {
  struct Part {
    const char* name;
    const Dataset& data;
  };
  const Part parts[] = {{"training", splits.train}, {"validation", splits.validation}, {"test", splits.test}};
  for (const Part& part : parts) {
    for (const Part* before = parts; before < &part; ++before) {
      for (const Field& field : part.data.fields()) {
        for (const Field& other : before->data.fields()) {
          if (other.name != field.name || other.label != field.label || Describe(other) == Describe(field)) continue;
          const std::string what = !field.name.empty() ? field.name : field.label ? "label" : "sample";
          ThrowError(kExitBadInput, {place, ": each ", what, " of the ", before->name, " data has ", Describe(other),
                                     ", but each of the ", part.name, " data has ", Describe(field)});
        }
      }
    }
  }
}

}  // namespace brine
