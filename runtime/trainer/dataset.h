// Data sets: samples and their labels, from arrays, files or functions of the caller.
#ifndef BRINE_RUNTIME_TRAINER_DATASET_H_
#define BRINE_RUNTIME_TRAINER_DATASET_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace brine {

// The elements of samples, one sample after another, each in C order.
using Samples = std::variant<std::span<const uint8_t>, std::span<const float>>;
// Class numbers, one for each sample, or rows of numbers, such as one-hot rows.
using Labels = std::variant<std::span<const uint8_t>, std::span<const int32_t>, std::span<const float>>;

enum class ElementType : uint8_t { kByte, kInteger, kReal };  // uint8_t, int32_t, float
int64_t ByteCount(ElementType type);                          // the size of an element

// A part of a sample, which fills one input of the model.
struct Field {
  std::string name = {};  // the name of the input; empty for the only data input or the only label
  bool label = false;     // if the name is empty, whether the field fills the label
  ElementType type = ElementType::kByte;
  int64_t elements = 0;                         // the number of elements of one sample, which are in C order
  int64_t height = 0, width = 0, channels = 0;  // the shape of an image [height, width, channels]; 0 if it is not known
};

// The fields of image files: an image of bytes, and a class number.
std::vector<Field> ImageFields(int64_t height, int64_t width, int64_t channels);

// A source of samples.  A program implements this for data that are neither arrays nor come from a callback.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual int64_t size() const = 0;
  virtual std::span<const Field> fields() const = 0;
  // Writes the samples with the given indices.  Those of fields()[i] go to targets[i], one after another.
  virtual void Read(std::span<const int64_t> indices, std::span<void* const> targets) const = 0;
  // Whether Read passes over the data whose targets are null, as sources of arrays and of mapped files do, so that
  // labels can be read alone.
  virtual bool reads_labels_alone() const { return false; }
  // Whether several threads may call Read at once.  If so, each call has one index.
  virtual bool parallel() const { return true; }
  // What the sample is called in results, such as the path of its picture; empty if it has no name.
  virtual std::string NameOf(int64_t) const { return {}; }
};

// An array of `count` samples for the input or label of this name, or, if the name is empty, for the only data input.
struct NamedArray {
  std::string name;
  int64_t count = 0;
  Labels elements;
};

// A range of the samples of a source.  Copies share the source.
class Dataset {
 public:
  Dataset() = default;
  explicit Dataset(std::shared_ptr<const SampleSource> source);

  // `count` samples and labels in memory of the caller, which must outlive the data set.  Throws Error if `count` does
  // not divide the number of elements, and if there is not one class number for each sample.
  Dataset(int64_t count, Samples samples, Labels labels);

  // Samples whose fields are arrays of equal counts.  Their memory must outlive the data set, unless `owner` keeps it
  // alive.
  explicit Dataset(const std::vector<NamedArray>& arrays, std::shared_ptr<const void> owner = nullptr);

  // Samples that a function writes.  The training thread calls it with the indices of a batch; it writes the samples,
  // each of `sample_elements` elements, and their class numbers.
  template <typename T>  // uint8_t or float
  static Dataset FromCallback(
      int64_t count, int64_t sample_elements,
      std::function<void(std::span<const int64_t> indices, std::span<T> samples, std::span<int32_t> labels)> fill);

  int64_t size() const { return count_; }
  std::span<const Field> fields() const { return source_ == nullptr ? std::span<const Field>() : source_->fields(); }
  const SampleSource& source() const { return *source_; }
  std::shared_ptr<const SampleSource> shared_source() const { return source_; }
  int64_t first() const { return first_; }  // the index in the source of the first sample of this range

  // The samples [begin, begin + count) of this range, as far as there are such.
  Dataset Slice(int64_t begin, int64_t count) const;
  // The same range of another source, which has as many samples.
  Dataset WithSource(std::shared_ptr<const SampleSource> source) const;
  // The same data, but with the images of the first field enlarged to (height, width): each pixel becomes a block.
  // Returns the data unchanged if their size is not known or does not divide that size.
  Dataset EnlargedTo(int64_t height, int64_t width) const;

  std::vector<std::string> class_names;    // empty if they are not known
  std::vector<std::string> element_names;  // of the rows of a table: "age", "city=Rome"; empty for other data

 private:
  std::shared_ptr<const SampleSource> source_;
  int64_t first_ = 0, count_ = 0;
};

inline constexpr size_t kMaxClasses = 65535;  // that a data set from files may have

// The weights of classes in the loss of a model's only label, by their numbers; 1 for the others.
using ClassWeights = std::map<int32_t, double>;

// The parts of a data set.  Each may be empty.
struct Splits {
  Dataset train = {}, test = {};
  Dataset validation = {};  // evaluated after each epoch; where it is empty, programs evaluate the test data instead
};

// Throws Error that begins with `place` if a field has another type, or another size, in a part than in an earlier one.
void CheckParts(const Splits& splits, const std::string& place);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_DATASET_H_
