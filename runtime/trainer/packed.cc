#include <algorithm>
#include <array>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>

#include "runtime/core/safetensors.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/mapped_file.h"
#include "runtime/trainer/readers.h"

namespace brine {
namespace {

constexpr std::string_view kFormat = "brine.data ";
constexpr int kVersion = 1;

// Throws Error with the path and what printf makes of the rest.
[[noreturn]] __attribute__((format(printf, 2, 3))) void Fail(const std::string& path, const char* format, ...) {
  char what[600];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(what, sizeof(what), format, arguments);
  va_end(arguments);
  ThrowError(kExitBadInput, {path, ": ", what});
}

std::string_view View(brine_text text) { return {text.data, text.size}; }
std::string TensorName(const brine_tensor& tensor) { return {tensor.name.data, tensor.name.size}; }

// A mapped file and the tensors in it.
class PackedFile {
 public:
  explicit PackedFile(const std::string& path) : file_(path) {
    const std::span<const uint8_t> bytes = file_.bytes();
    if (!IsPackedFile(bytes)) Fail(path, "is not a packed file, as brine data pack writes them");
    char error[500];
    if (brine_parse_tensors(bytes.data(), bytes.size(), &tensors_, error, sizeof(error)) != 0) Fail(path, "%s", error);
    file_.ExpectRandomReads();  // as training shuffles the samples
  }
  PackedFile(const PackedFile&) = delete;
  ~PackedFile() { brine_release_tensors(&tensors_); }

  const std::string& path() const { return file_.path(); }
  void Prefetch(const uint8_t* bytes, size_t count) const { file_.Prefetch(bytes, count); }
  std::span<const brine_tensor> tensors() const { return {tensors_.tensors, tensors_.tensor_count}; }

  void CheckFormat() const {
    const brine_text note = brine_find_note(&tensors_, "format");
    if (note.data == nullptr) Fail(path(), "is not a packed file: it lacks the note \"format\"");
    const std::string_view text = View(note);
    int version = 0;
    const char* const end = text.data() + text.size();
    if (!text.starts_with(kFormat) || std::from_chars(text.data() + kFormat.size(), end, version).ptr != end ||
        version < 1)
      Fail(path(), "is not a packed file: its format is %.*s", static_cast<int>(std::min<size_t>(text.size(), 40)),
           text.data());
    if (version > kVersion)
      Fail(path(), "has version %d of the packed format; this program reads version %d", version, kVersion);
  }

 private:
  MappedFile file_;
  brine_tensors tensors_ = {};
};

// The bytes of a tensor that holds texts, each of which ends with a line feed.
std::string_view TextsOf(const PackedFile& file, const brine_tensor& tensor) {
  const std::string_view texts(reinterpret_cast<const char*>(tensor.data), static_cast<size_t>(tensor.bytes));
  if (tensor.dtype != BRINE_U8 || tensor.rank != 1 || !texts.ends_with('\n'))
    Fail(file.path(), "%s does not hold lines of text", TensorName(tensor).c_str());
  return texts;
}

ElementType TypeOf(const PackedFile& file, const brine_tensor& tensor) {
  if (tensor.dtype == BRINE_U32)
    Fail(file.path(), "%s has elements of type U32; U8, I32 and F32 can be read", TensorName(tensor).c_str());
  return tensor.dtype == BRINE_U8    ? ElementType::kByte
         : tensor.dtype == BRINE_I32 ? ElementType::kInteger
                                     : ElementType::kReal;
}

Field FieldOf(const PackedFile& file, const brine_tensor& tensor, std::string_view name) {
  if (tensor.rank == 0) Fail(file.path(), "%s is a number, and not one for each sample", TensorName(tensor).c_str());
  Field field = {.name = std::string(name), .type = TypeOf(file, tensor), .elements = 1};
  for (int axis = 1; axis < tensor.rank; ++axis) field.elements *= tensor.dims[axis];
  if (tensor.rank == 4) {
    field.height = tensor.dims[1];
    field.width = tensor.dims[2];
    field.channels = tensor.dims[3];
  }
  return field;
}

// The samples of train/, validation/ or test/.
class PackedSource : public SampleSource {
 public:
  PackedSource(std::shared_ptr<const PackedFile> file, std::string part)
      : file_(std::move(file)), part_(std::move(part)) {
    for (const brine_tensor& tensor : file_->tensors()) {
      std::string_view name = View(tensor.name);
      if (!name.starts_with(part_)) continue;
      name.remove_prefix(part_.size());
      if (name == "names") {
        names_ = TextsOf(*file_, tensor);
        continue;
      }
      fields_.push_back(FieldOf(*file_, tensor, name));
      if (!tensors_.empty() && tensor.dims[0] != tensors_[0]->dims[0])
        Fail(file_->path(), "%s has %d samples, but %s has %d samples", TensorName(tensor).c_str(), tensor.dims[0],
             TensorName(*tensors_[0]).c_str(), tensors_[0]->dims[0]);
      tensors_.push_back(&tensor);
    }
    RemoveNames();
  }

  int64_t size() const override { return tensors_.empty() ? 0 : tensors_[0]->dims[0]; }
  bool reads_labels_alone() const override { return true; }
  std::span<const Field> fields() const override { return fields_; }
  bool has_names() const { return !names_.empty(); }

  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    for (size_t field = 0; field < tensors_.size(); ++field) {
      const int64_t bytes = fields_[field].elements * ByteCount(fields_[field].type);
      auto* target = static_cast<uint8_t*>(targets[field]);
      if (target == nullptr) continue;
      for (int64_t index : indices) {
        const uint8_t* const sample = tensors_[field]->data + index * bytes;
        file_->Prefetch(sample, static_cast<size_t>(bytes));
        std::memcpy(target, sample, static_cast<size_t>(bytes));
        target += bytes;
      }
    }
  }

  std::string NameOf(int64_t index) const override {
    if (names_.empty()) return {};
    std::call_once(found_, [this] { FindNames(); });
    const size_t begin = every_[static_cast<size_t>(index / kStride)];
    std::string_view names = names_.substr(begin);
    for (int64_t before = index % kStride; before > 0; --before) names.remove_prefix(names.find('\n') + 1);
    return std::string(names.substr(0, names.find('\n')));
  }

  // Throws Error if a label is not the number of one of `classes` classes.
  void CheckLabels(size_t classes) const {
    for (size_t field = 0; field < fields_.size(); ++field) {
      if (!fields_[field].label || fields_[field].elements != 1 || fields_[field].type == ElementType::kReal) continue;
      const int64_t bytes = ByteCount(fields_[field].type);
      for (int64_t sample = 0; sample < size(); ++sample) {
        int32_t label = 0;
        std::memcpy(&label, tensors_[field]->data + sample * bytes, static_cast<size_t>(bytes));
        if (label < 0 || static_cast<size_t>(label) >= classes)
          Fail(file_->path(), "label %lld of %s is %d, but there are %zu classes", static_cast<long long>(sample),
               part_.substr(0, part_.size() - 1).c_str(), label, classes);
      }
    }
  }

 private:
  static constexpr int64_t kStride = 64;  // a name is found among so many without an index

  // `data` and `label` stand for the only input and the only label of a model, whatever their names are.  The data come
  // first, as in sets from elsewhere, whose first field has the images.
  void RemoveNames() {
    if (tensors_.empty()) {
      if (has_names()) Fail(file_->path(), "has %snames, but no %sdata", part_.c_str(), part_.c_str());
      return;
    }
    if (!std::all_of(fields_.begin(), fields_.end(),
                     [](const Field& field) { return field.name == "data" || field.name == "label"; }))
      return;
    if (fields_.size() == 1 && fields_[0].name == "label")
      Fail(file_->path(), "has %slabel, but no %sdata", part_.c_str(), part_.c_str());
    if (fields_.size() == 1 && part_ != "test/")  // only prediction needs no labels
      Fail(file_->path(), "has %sdata, but no %slabel", part_.c_str(), part_.c_str());
    if (fields_[0].name == "label") {
      std::swap(fields_[0], fields_[1]);
      std::swap(tensors_[0], tensors_[1]);
    }
    for (Field& field : fields_) field.label = std::exchange(field.name, {}) == "label";
  }

  // Finds every 64th name.
  void FindNames() const {
    int64_t count = 0;
    for (size_t begin = 0; begin < names_.size(); begin = names_.find('\n', begin) + 1, ++count) {
      if (count % kStride == 0) every_.push_back(begin);
    }
    if (count != size())
      Fail(file_->path(), "%snames has %lld names for %lld samples", part_.c_str(), static_cast<long long>(count),
           static_cast<long long>(size()));
  }

  std::shared_ptr<const PackedFile> file_;
  const std::string part_;  // "train/"
  std::vector<Field> fields_;
  std::vector<const brine_tensor*> tensors_;  // by field
  std::string_view names_;
  mutable std::once_flag found_;
  mutable std::vector<size_t> every_;  // where the names of the samples 0, 64, 128 and so on begin
};

// The lines of the tensor of this name; none if the file lacks it.
std::vector<std::string> LinesOf(const PackedFile& file, std::string_view name) {
  std::vector<std::string> lines;
  for (const brine_tensor& tensor : file.tensors()) {
    if (View(tensor.name) != name) continue;
    for (std::string_view texts = TextsOf(file, tensor); !texts.empty(); texts.remove_prefix(texts.find('\n') + 1))
      lines.emplace_back(texts.substr(0, texts.find('\n')));
  }
  return lines;
}

void CheckNames(const PackedFile& file, std::span<const std::string_view> parts) {
  for (const brine_tensor& tensor : file.tensors()) {
    const std::string_view name = View(tensor.name);
    const bool is_known = name == "class_names" || name == "element_names" || name == "padding" ||
                          std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
                            return name.starts_with(part) && name.size() > part.size();
                          });
    if (!is_known)
      Fail(file.path(), "has a tensor %s, which belongs to none of train, validation and test",
           TensorName(tensor).c_str());
  }
}

}  // namespace

bool IsPackedFile(std::span<const uint8_t> bytes) {
  uint64_t header = 0;  // its length, which no text is, such as a table whose ninth character is a brace
  if (bytes.size() < 10) return false;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return bytes[8] == '{' && header <= BRINE_MAX_HEADER_BYTES;
}

Splits LoadPacked(const std::string& file) {
  static constexpr std::array<std::string_view, 3> kParts = {"train/", "validation/", "test/"};
  const auto packed = std::make_shared<const PackedFile>(file);
  packed->CheckFormat();
  CheckNames(*packed, kParts);
  const std::vector<std::string> class_names = LinesOf(*packed, "class_names"),
                                 element_names = LinesOf(*packed, "element_names");
  if (class_names.size() > kMaxClasses) Fail(file, "has more than %zu classes", kMaxClasses);
  Splits splits;
  Dataset* const parts[] = {&splits.train, &splits.validation, &splits.test};
  bool is_empty = true;
  for (size_t part = 0; part < kParts.size(); ++part) {
    const auto source = std::make_shared<PackedSource>(packed, std::string(kParts[part]));
    if (!class_names.empty()) source->CheckLabels(class_names.size());
    if (source->size() > 0) *parts[part] = Dataset(source);
    parts[part]->class_names = class_names;
    parts[part]->element_names = element_names;
    is_empty = is_empty && source->size() == 0;
  }
  if (is_empty) Fail(file, "has no samples");
  CheckParts(splits, file);
  return splits;
}

}  // namespace brine
