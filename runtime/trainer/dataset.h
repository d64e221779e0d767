// Samples and their labels, wherever they lie.
#ifndef BRINE_RUNTIME_TRAINER_DATASET_H_
#define BRINE_RUNTIME_TRAINER_DATASET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace brine {

using Samples = std::variant<std::span<const uint8_t>, std::span<const float>>;
// Class numbers, or rows of numbers (one-hot, or whatever the model compares with).
using Labels = std::variant<std::span<const uint8_t>, std::span<const int32_t>, std::span<const float>>;

enum class ElementType : uint8_t { kByte, kInteger, kReal };  // uint8_t, int32_t, float
int64_t ByteCount(ElementType type);

// One of the arrays that hold a sample.
struct Field {
  std::string name = {};  // of the model's input that it feeds; empty: of the only data input, or of the only label
  bool label = false;     // which of the two, if the name is empty
  ElementType type = ElementType::kByte;
  int64_t elements = 0;                         // of one sample, in C order
  int64_t height = 0, width = 0, channels = 0;  // of an image; 0 if the shape is not known
};

// The fields of image files: bytes, and the number of a class.
std::vector<Field> ImageFields(int64_t height, int64_t width, int64_t channels);

// A source of samples.  Implement this for data that needs more than arrays or a callback.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual int64_t size() const = 0;
  virtual std::span<const Field> fields() const = 0;
  // Writes the samples of the given indices, one after another: those of fields()[i] to targets[i].
  virtual void Read(std::span<const int64_t> indices, std::span<void* const> targets) const = 0;
  // Whether Read may run on several threads at once; it is then called with one index at a time.
  virtual bool parallel() const { return true; }
};

// An array of `count` samples that feeds the model's input, or label, of this name; without a name its only input.
struct NamedArray {
  std::string name;
  int64_t count = 0;
  Labels elements;
};

// A range of a source.  Cheap to copy.
class Dataset {
 public:
  Dataset() = default;
  explicit Dataset(std::shared_ptr<const SampleSource> source);

  // `count` samples and labels in memory of the caller, which must outlive the data set.  Sizes that `count` does not
  // divide, or that do not belong together, throw Error.
  Dataset(int64_t count, Samples samples, Labels labels);

  // Samples of any number of arrays, as many of each, in memory that must outlive the data set, or that `owner` keeps.
  explicit Dataset(std::vector<NamedArray> arrays, std::shared_ptr<const void> owner = nullptr);

  // Samples that a function writes, called from the training thread with the indices of a batch.
  template <typename T>  // uint8_t or float
  static Dataset FromCallback(
      int64_t count, int64_t sample_elements,
      std::function<void(std::span<const int64_t> indices, std::span<T> samples, std::span<int32_t> labels)> fill);

  int64_t size() const { return count_; }
  std::span<const Field> fields() const { return source_ == nullptr ? std::span<const Field>() : source_->fields(); }
  const SampleSource& source() const { return *source_; }
  int64_t first() const { return first_; }  // source index of this range's first sample

  Dataset Slice(int64_t begin, int64_t count) const;  // clamped to the range
  // The first field's images enlarged to (height, width), whole multiples of their size: each pixel becomes a block.
  // Returns the same data when the size already fits or is not known.
  Dataset EnlargedTo(int64_t height, int64_t width) const;

  std::vector<std::string> class_names;  // may be empty

 private:
  std::shared_ptr<const SampleSource> source_;
  int64_t first_ = 0, count_ = 0;
};

struct TrainTest {
  Dataset train, test;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_DATASET_H_
