#include "frontend/data/pack.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "frontend/data/content_hash.h"
#include "frontend/data/one_line.h"
#include "frontend/data/output_file.h"
#include "frontend/data/read_in_order.h"
#include "frontend/data/temporary_file.h"
#include "runtime/base/alignment.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

constexpr int64_t kMaxDim = std::numeric_limits<int32_t>::max();

// The bytes of a field that are kept until the others are written: in memory, and what is more in a temporary file.
class KeptBytes {
 public:
  void Append(const std::vector<uint8_t>& more) {
    constexpr size_t kMaxMemory = size_t{1} << 20;
    last_.insert(last_.end(), more.begin(), more.end());
    if (last_.size() <= kMaxMemory) return;
    if (file_ == nullptr) file_ = std::make_unique<TemporaryFile>();
    file_->Append(last_);
    last_.clear();
  }
  // The bytes, in two pieces.
  std::array<std::span<const uint8_t>, 2> Pieces() const {
    return {file_ == nullptr ? std::span<const uint8_t>() : file_->Map(), std::span<const uint8_t>(last_)};
  }

 private:
  std::unique_ptr<TemporaryFile> file_;
  std::vector<uint8_t> last_;
};

// A part of the data, and what is read of it.
struct Part {
  std::string name;
  const Dataset* data = nullptr;
  int64_t count = 0;       // the number of samples that were read
  std::string names = {};  // a line for each sample

  bool has_names() const { return names.size() > static_cast<size_t>(count); }
};

std::array<Part, 3> PartsOf(const Splits& splits) {
  return {Part{"train", &splits.train}, Part{"validation", &splits.validation}, Part{"test", &splits.test}};
}

const char* TypeName(ElementType type) {
  return type == ElementType::kByte ? "U8" : type == ElementType::kInteger ? "I32" : "F32";
}

int64_t SampleBytes(const Field& field) { return field.elements * ByteCount(field.type); }

// The field with the most bytes.
size_t LargestField(const Dataset& data) {
  const auto largest = std::max_element(data.fields().begin(), data.fields().end(),
                                        [](const Field& a, const Field& b) { return SampleBytes(a) < SampleBytes(b); });
  return static_cast<size_t>(largest - data.fields().begin());
}

// Reads the samples of all parts, and hands each chunk to `take(part, chunk)`.  When a sample is broken that may not be
// left out, the rest is only read, so that the error names all such samples.
template <typename Take>
PackReport ReadParts(std::array<Part, 3>& parts, const PackOptions& options, const Take& take) {
  PackReport report;
  int64_t total = 0, done = 0;
  for (const Part& part : parts) total += part.data->size();
  for (Part& part : parts) {
    ReadInOrder(*part.data, options.threads, [&](const SampleChunk& chunk) {
      report.skipped.insert(report.skipped.end(), chunk.broken.begin(), chunk.broken.end());
      if (options.skip_broken || report.skipped.empty()) take(part, chunk);
      part.count += chunk.read;
      part.names += chunk.names;
      done += chunk.read + static_cast<int64_t>(chunk.broken.size());
      if (options.progress) options.progress(done, total);
    });
  }
  const bool is_empty = std::all_of(parts.begin(), parts.end(), [](const Part& part) { return part.count == 0; });
  if (!report.skipped.empty() && (is_empty || !options.skip_broken)) {
    std::string lines;
    for (const std::string& sentence : report.skipped) lines += (lines.empty() ? "" : "\n") + sentence;
    throw Error(kExitBadInput, lines);
  }
  if (is_empty) throw Error(kExitBadInput, "there are no samples to pack");
  report.train = parts[0].count;
  report.validation = parts[1].count;
  report.test = parts[2].count;
  return report;
}

// The names of the classes, of which all parts have the same.
const std::vector<std::string>& ClassNames(const Source& source) {
  const Splits& splits = source.splits;
  return !splits.train.class_names.empty()        ? splits.train.class_names
         : !splits.validation.class_names.empty() ? splits.validation.class_names
                                                  : splits.test.class_names;
}

std::string Lines(const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) lines += OneLine(text) + '\n';
  return lines;
}

std::string ClassLines(const Source& source) {
  const std::vector<std::string>& names = ClassNames(source);
  if (names.size() > kMaxClasses)
    throw Error(kExitBadInput, source.kind + " of " + std::to_string(names.size()) + " classes; at most " +
                                   std::to_string(kMaxClasses) + " can be packed");
  std::set<std::string> lines;
  for (const std::string& name : names) {
    if (!lines.insert(OneLine(name)).second)
      throw Error(kExitBadInput, source.kind + " with two classes that are called " + OneLine(name));
  }
  return Lines(names);
}

// The bytes of the tensors, one after another, and the header that lists them.
class Writer {
 public:
  // Leaves room for the header of so many tensors.
  Writer(const std::string& path, size_t tensors) : file_(path) {
    constexpr size_t kTensorText = 512, kNotesText = 256;  // bounds for the text of each tensor, and of the notes
    header_.resize(base::RoundUp(8 + kNotesText + tensors * kTensorText) - 8);
    XXH3_128bits_reset(&hash_);
  }

  void WriteBytes(const void* bytes, size_t count) {
    XXH3_128bits_update(&hash_, bytes, count);
    file_.Write(8 + static_cast<int64_t>(header_.size()) + end_, bytes, count);
    end_ += static_cast<int64_t>(count);
  }

  // Makes a tensor of the bytes that were written since the last one.  `shape` is the text between the brackets.
  void EndTensor(const std::string& name, const char* type, const std::string& shape) {
    if (end_ == begin_) return;
    tensors_ += ",\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape + "],\"data_offsets\":[" +
                std::to_string(begin_) + "," + std::to_string(end_) + "]}";
    begin_ = end_;
  }

  // Makes the next tensor begin at a multiple of the alignment.
  void Align() {
    const std::vector<uint8_t> zeros(static_cast<size_t>(base::RoundUp(end_) - end_));
    WriteBytes(zeros.data(), zeros.size());
    EndTensor("padding", "U8", std::to_string(zeros.size()));
  }

  void Commit() {
    const XXH128_hash_t hash = XXH3_128bits_digest(&hash_);
    const std::string text = "{\"__metadata__\":{\"format\":\"brine.data 1\",\"hash\":\"" +
                             HashDigits(hash.high64, hash.low64) + "\"}" + tensors_ + "}";
    if (text.size() > header_.size()) throw Error(kExitFailed, "the header of a packed file is too long");
    const uint64_t size = header_.size();
    std::fill(std::copy(text.begin(), text.end(), header_.begin()), header_.end(), ' ');
    file_.Write(0, &size, sizeof(size));
    file_.Write(8, header_.data(), header_.size());
    file_.Commit();
  }

 private:
  OutputFile file_;
  std::string header_, tensors_;
  XXH3_state_t hash_;            // of all bytes that were written
  int64_t begin_ = 0, end_ = 0;  // of the current tensor
};

std::string TensorName(const Part& part, const Field& field) {
  const std::string name = !field.name.empty() ? field.name : field.label ? "label" : "data";
  const bool is_plain = name.size() <= 200 && std::all_of(name.begin(), name.end(), [](char c) {
                          return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
                        });
  if (!is_plain) throw Error(kExitBadInput, "the name " + OneLine(name) + " of an input cannot be packed");
  return part.name + "/" + name;
}

void EndField(Writer& writer, const Part& part, const Field& field) {
  if (part.count > kMaxDim || field.elements > kMaxDim)
    throw Error(kExitBadInput, std::to_string(part.count) + " samples of " + std::to_string(field.elements) +
                                   " elements cannot be packed; at most " + std::to_string(kMaxDim) + " of each can");
  std::vector<int64_t> rest;
  if (field.height > 0)
    rest = {field.height, field.width, field.channels};
  else if (field.elements != 1)
    rest = {field.elements};
  std::string shape = std::to_string(part.count);
  for (int64_t extent : rest) shape.append(1, ',').append(std::to_string(extent));
  writer.EndTensor(TensorName(part, field), TypeName(field.type), shape);
}

void WriteLines(Writer& writer, const std::string& name, const std::string& lines) {
  if (lines.size() > static_cast<size_t>(kMaxDim))
    throw Error(kExitBadInput, "names of more than 2 GB cannot be packed");
  writer.WriteBytes(lines.data(), lines.size());
  writer.EndTensor(name, "U8", std::to_string(lines.size()));
}

// By field of a part: its elements.
template <typename Bytes>
using FieldBytes = std::vector<Bytes>;

// Writes the fields of the part whose elements have this size, except for the largest one, which is written already.
void WriteKeptFields(Writer& writer, const Part& part, const FieldBytes<KeptBytes>& kept, int64_t element_bytes) {
  for (size_t field = 0; field < kept.size(); ++field) {
    if (ByteCount(part.data->fields()[field].type) != element_bytes) continue;
    for (std::span<const uint8_t> piece : kept[field].Pieces()) writer.WriteBytes(piece.data(), piece.size());
    EndField(writer, part, part.data->fields()[field]);
  }
}

// The samples in memory.
class MemoryPart : public SampleSource {
 public:
  MemoryPart(const Part& part, FieldBytes<std::vector<uint8_t>> bytes)
      : fields_(part.data->fields().begin(), part.data->fields().end()), count_(part.count), bytes_(std::move(bytes)) {
    for (size_t begin = 0; part.has_names() && begin < part.names.size();) {
      const size_t end = part.names.find('\n', begin);
      names_.push_back(part.names.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  int64_t size() const override { return count_; }
  std::span<const Field> fields() const override { return fields_; }
  std::string NameOf(int64_t index) const override {
    return names_.empty() ? std::string() : names_[static_cast<size_t>(index)];
  }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    for (size_t field = 0; field < fields_.size(); ++field) {
      const int64_t bytes = SampleBytes(fields_[field]);
      auto* target = static_cast<uint8_t*>(targets[field]);
      if (target == nullptr) continue;
      for (int64_t index : indices) {
        std::memcpy(target, bytes_[field].data() + index * bytes, static_cast<size_t>(bytes));
        target += bytes;
      }
    }
  }

 private:
  const std::vector<Field> fields_;
  const int64_t count_;
  const FieldBytes<std::vector<uint8_t>> bytes_;
  std::vector<std::string> names_;
};

}  // namespace

PackReport Pack(const Source& source, const std::string& path, const PackOptions& options) {
  std::array<Part, 3> parts = PartsOf(source.splits);
  const std::string classes = ClassLines(source);
  size_t tensors = 3;  // padding, class_names and element_names
  for (const Part& part : parts) tensors += part.data->fields().size() + 1;
  Writer writer(path, tensors);
  std::array<FieldBytes<KeptBytes>, 3> kept;
  for (size_t part = 0; part < parts.size(); ++part) kept[part].resize(parts[part].data->fields().size());
  const Part* writing = nullptr;  // the part whose largest field is being written
  const auto end_part = [&] {
    if (writing != nullptr) EndField(writer, *writing, writing->data->fields()[LargestField(*writing->data)]);
  };
  const PackReport report = ReadParts(parts, options, [&](Part& part, const SampleChunk& chunk) {
    if (writing != &part) end_part();
    writing = &part;
    const size_t largest = LargestField(*part.data);
    for (size_t field = 0; field < chunk.fields.size(); ++field) {
      if (field == largest)
        writer.WriteBytes(chunk.fields[field].data(), chunk.fields[field].size());
      else
        kept[static_cast<size_t>(&part - parts.data())][field].Append(chunk.fields[field]);
    }
  });
  end_part();
  writer.Align();
  for (const int64_t element_bytes : {4, 1}) {
    for (size_t part = 0; part < parts.size(); ++part) WriteKeptFields(writer, parts[part], kept[part], element_bytes);
  }
  for (const Part& part : parts) {
    if (part.has_names()) WriteLines(writer, part.name + "/names", part.names);
  }
  WriteLines(writer, "class_names", classes);
  WriteLines(writer, "element_names", Lines(source.splits.train.element_names));
  if (options.before_commit) options.before_commit();
  writer.Commit();
  return report;
}

Splits PackIntoMemory(const Source& source, const PackOptions& options) {
  std::array<Part, 3> parts = PartsOf(source.splits);
  std::array<FieldBytes<std::vector<uint8_t>>, 3> bytes;
  for (size_t part = 0; part < parts.size(); ++part) bytes[part].resize(parts[part].data->fields().size());
  ReadParts(parts, options, [&](const Part& part, const SampleChunk& chunk) {
    for (size_t field = 0; field < chunk.fields.size(); ++field) {
      std::vector<uint8_t>& all = bytes[static_cast<size_t>(&part - parts.data())][field];
      all.insert(all.end(), chunk.fields[field].begin(), chunk.fields[field].end());
    }
  });
  Splits splits;
  Dataset* const results[] = {&splits.train, &splits.validation, &splits.test};
  for (size_t part = 0; part < parts.size(); ++part) {
    if (parts[part].count > 0)
      *results[part] = Dataset(std::make_shared<MemoryPart>(parts[part], std::move(bytes[part])));
    results[part]->class_names = ClassNames(source);
    results[part]->element_names = source.splits.train.element_names;
  }
  return splits;
}

}  // namespace brine
