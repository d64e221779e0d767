// Arrays of numpy: x_train.npy, y_train.npy and so on in a folder, or the same names in an .npz.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "frontend/data/archive.h"
#include "frontend/data/bad_input.h"
#include "frontend/data/numpy_array.h"
#include "frontend/data/source_kinds.h"
#include "frontend/data/split.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".npy";

// The samples of a part, and their labels.
struct Pair {
  Dataset Splits::*dataset;
  NumpyArray samples, labels;
};

// How the labels of all parts are read.
struct LabelForm {
  ElementType type = ElementType::kInteger;
  std::vector<int32_t> train_classes;
};

class NumpySource : public SampleSource {
 public:
  NumpySource(NumpyArray samples, NumpyArray labels, ElementType label_type)
      : samples_(std::move(samples)),
        labels_(std::move(labels)),
        fields_{FieldOf(samples_), {.label = true, .type = label_type, .elements = labels_.elements()}} {}

  int64_t size() const override { return samples_.count(); }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    auto* sample = static_cast<uint8_t*>(targets[0]);
    auto* label = static_cast<uint8_t*>(targets[1]);
    for (int64_t index : indices) {
      samples_.Read(index, fields_[0].type, sample);
      labels_.Read(index, fields_[1].type, label);
      sample += fields_[0].elements * ByteCount(fields_[0].type);
      label += fields_[1].elements * ByteCount(fields_[1].type);
    }
  }

 private:
  // [n, height, width, channels] are images, and so are bytes [n, height, width].
  static Field FieldOf(const NumpyArray& array) {
    Field field = {.type = array.type(), .elements = array.elements()};
    const std::vector<int64_t>& shape = array.shape();
    if (shape.size() != 4 && (shape.size() != 3 || field.type != ElementType::kByte)) return field;
    field.height = shape[1];
    field.width = shape[2];
    field.channels = shape.size() == 4 ? shape[3] : 1;
    return field;
  }

  const NumpyArray samples_, labels_;
  const std::vector<Field> fields_;
};

// Whether each label is a row with a single 1 among zeros.  Writes the positions of the ones to `classes`.
bool AreOneHot(const NumpyArray& labels, std::vector<int32_t>& classes) {
  if (labels.shape().size() != 2 || labels.elements() < 2) return false;
  std::vector<float> row(static_cast<size_t>(labels.elements()));
  for (int64_t sample = 0; sample < labels.count(); ++sample) {
    if (!labels.Fits(sample, ElementType::kReal, row.data())) return false;
    const auto one = std::find(row.begin(), row.end(), 1.0f);
    if (one == row.end() || std::count(row.begin(), row.end(), 0.0f) + 1 != labels.elements()) return false;
    classes.push_back(static_cast<int32_t>(one - row.begin()));
  }
  return true;
}

// Whether each label is one whole number, or several in an array of whole numbers.  Writes those of one element to
// `numbers`.
bool AreWhole(const NumpyArray& labels, std::vector<int32_t>& numbers) {
  if (labels.type() == ElementType::kReal && labels.elements() > 1) return false;
  std::vector<int32_t> row(static_cast<size_t>(labels.elements()));
  for (int64_t sample = 0; sample < labels.count(); ++sample) {
    if (labels.type() != ElementType::kReal)
      labels.Read(sample, ElementType::kInteger, row.data());  // an error if it has more than 32 bits
    else if (!labels.Fits(sample, ElementType::kInteger, row.data()))
      return false;
    if (row.size() == 1) numbers.push_back(row[0]);
  }
  return true;
}

// Class numbers are integers, as are maps of them.  One-hot rows are reals, since they may be meant for several
// sigmoids, and so are all other targets.
LabelForm FormOf(const std::vector<Pair>& pairs) {
  LabelForm form;
  bool are_one_hot = true;
  for (const Pair& pair : pairs) {
    std::vector<int32_t> classes;
    if (AreOneHot(pair.labels, classes)) {
      form.type = ElementType::kReal;
    } else {
      are_one_hot = false;
      classes.clear();
      if (!AreWhole(pair.labels, classes)) form.type = ElementType::kReal;
      if (!AreClasses(classes)) classes.clear();
    }
    if (pair.dataset == &Splits::train) form.train_classes = std::move(classes);
  }
  if (form.type == ElementType::kReal && !are_one_hot) form.train_classes.clear();
  return form;
}

const char* Describe(ElementType type) {
  return type == ElementType::kByte ? "bytes" : type == ElementType::kInteger ? "whole numbers of 32 bits" : "floats";
}

void CheckPair(const Pair& pair, const Pair& train) {
  if (pair.samples.count() != pair.labels.count())
    BadInput(pair.samples.place(), "has " + std::to_string(pair.samples.count()) + " samples, but " +
                                       pair.labels.place() + " has " + std::to_string(pair.labels.count()));
  const auto check = [](const NumpyArray& array, const NumpyArray& other, bool is_same) {
    if (!is_same)
      BadInput(array.place(),
               "has the shape " + array.ShapeText() + ", but " + other.place() + " has " + other.ShapeText());
  };
  const std::vector<int64_t>&shape = pair.samples.shape(), &expected = train.samples.shape();
  check(pair.samples, train.samples, std::equal(shape.begin() + 1, shape.end(), expected.begin() + 1, expected.end()));
  if (pair.samples.type() != train.samples.type())
    BadInput(pair.samples.place(), std::string("has elements that are ") + Describe(pair.samples.type()) + ", but in " +
                                       train.samples.place() + " they are " + Describe(train.samples.type()));
  check(pair.labels, train.labels, pair.labels.elements() == train.labels.elements());
}

// Opens the arrays, which `find` returns by their names, such as x_train.
template <typename Find>
Source OpenArrays(const std::string& path, Find find) {
  std::vector<Pair> pairs;
  for (const PartName& part : kPartNames) {
    const std::string x = "x_" + std::string(part.name), y = "y_" + std::string(part.name);
    std::optional<FileBytes> samples = find(x), labels = find(y);
    if (!samples.has_value() && !labels.has_value()) continue;
    if (!samples.has_value()) BadInput(path, "has " + y + ", but no " + x);
    if (!labels.has_value()) BadInput(path, "has " + x + ", but no " + y);
    for (const Pair& pair : pairs) {
      if (pair.dataset == part.dataset) BadInput(path, "has validation data of two names, such as " + x);
    }
    pairs.push_back({part.dataset, NumpyArray(*std::move(samples)), NumpyArray(*std::move(labels))});
  }
  if (pairs.empty() || pairs[0].dataset != &Splits::train) BadInput(path, "has no arrays x_train and y_train");
  for (const Pair& pair : pairs) CheckPair(pair, pairs[0]);
  LabelForm form = FormOf(pairs);
  Source source;
  source.train_classes = std::move(form.train_classes);
  for (Pair& pair : pairs)
    source.splits.*pair.dataset =
        Dataset(std::make_shared<NumpySource>(std::move(pair.samples), std::move(pair.labels), form.type));
  return source;
}

bool IsNumpyFolder(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path + "/x_train.npy", ignored);
}

Source OpenNumpyFolder(const std::string& path, const DataOptions&) {
  return OpenArrays(path, [&](const std::string& name) -> std::optional<FileBytes> {
    const std::string file = path + "/" + name + std::string(kSuffix);
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return std::nullopt;
    return MapFile(file);
  });
}

bool IsNumpyArchive(const std::string& path) { return path.ends_with(".npz"); }

Source OpenNumpyArchive(const std::string& path, const DataOptions&) {
  const auto archive = std::make_shared<const Archive>(path);
  return OpenArrays(path, [&](const std::string& name) -> std::optional<FileBytes> {
    for (const ArchiveEntry& entry : archive->entries()) {
      if (entry.name == name + std::string(kSuffix)) return FileBytes{path + ": " + name, entry.bytes, archive};
    }
    return std::nullopt;
  });
}

}  // namespace

const SourceKind kNumpyFolder = {"a folder with x_train.npy and y_train.npy", &IsNumpyFolder, &OpenNumpyFolder};
const SourceKind kNumpyArchive = {"an .npz with x_train and y_train", &IsNumpyArchive, &OpenNumpyArchive};

}  // namespace brine
