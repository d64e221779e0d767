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

// What one sample is.
struct SampleType {
  bool real = false;                            // f32 instead of u8
  int64_t elements = 0;                         // of one sample, in C order
  int64_t label_elements = 0;                   // f32 of one label; 0: labels are class numbers, int32
  int64_t height = 0, width = 0, channels = 0;  // of a picture; 0 where the shape is not known
};

// Where samples come from.  Implement this for data that needs more than spans or a callback.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual int64_t size() const = 0;
  virtual SampleType type() const = 0;
  // Writes samples and labels (int32_t or float, see SampleType) of the given indices, one after another.
  virtual void Read(std::span<const int64_t> indices, void* samples, void* labels) const = 0;
  // Whether Read may run on several threads at once; it is then called with one index at a time.
  virtual bool parallel() const { return true; }
};

// A range of a source.  Cheap to copy.
class Dataset {
 public:
  Dataset() = default;
  explicit Dataset(std::shared_ptr<const SampleSource> source);

  // `count` samples and labels in memory of the caller, which must outlive the data set.  Sizes that `count` does not
  // divide, or that do not belong together, throw Error.
  Dataset(int64_t count, Samples samples, Labels labels);

  // Samples that a function writes, called from the training thread with the indices of a batch.
  template <typename T>  // uint8_t or float
  static Dataset FromCallback(
      int64_t count, int64_t sample_elements,
      std::function<void(std::span<const int64_t> indices, std::span<T> samples, std::span<int32_t> labels)> fill);

  int64_t size() const { return count_; }
  SampleType type() const { return source_ == nullptr ? SampleType() : source_->type(); }
  const SampleSource& source() const { return *source_; }
  int64_t first() const { return first_; }  // of the source, which this range begins at

  Dataset Slice(int64_t begin, int64_t count) const;  // clamped to the range
  // Pictures enlarged to (height, width), whole multiples of their size: each pixel becomes a block.  Returns the same
  // data when the size already fits or is not known.
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
