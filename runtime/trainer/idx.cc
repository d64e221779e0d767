#include "runtime/trainer/idx.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "runtime/trainer/error.h"

namespace brine {
namespace {

uint32_t BigEndian(std::span<const uint8_t> bytes, size_t offset) {
  return uint32_t{bytes[offset]} << 24 | uint32_t{bytes[offset + 1]} << 16 | uint32_t{bytes[offset + 2]} << 8 |
         bytes[offset + 3];
}

// An IDX file of bytes: two zero bytes, the type 8, the number of dimensions, the dimensions as big-endian u32, the
// data.
class IdxFile {
 public:
  // The number of dimensions is `least` to `most`.
  IdxFile(FileBytes file, uint32_t least, uint32_t most) : file_(std::move(file)) {
    const std::span<const uint8_t> bytes = file_.bytes;
    const uint32_t magic = 0x800 | least, found = bytes.size() < 4 ? magic : BigEndian(bytes, 0);
    if (found < magic || found > (0x800 | most)) {
      char text[100];
      std::snprintf(text, sizeof(text), "begins with 0x%08x, an IDX file of this kind with 0x%08x", found, magic);
      Fail(text);
    }
    header_ = 4 + 4 * size_t{found & 0xff};
    if (bytes.size() < header_) Fail("is shorter than an IDX header");
    uint64_t total = 1;
    for (size_t offset = 4; offset < header_; offset += 4) {
      dims_.push_back(BigEndian(bytes, offset));
      if (dims_.back() == 0 || __builtin_mul_overflow(total, dims_.back(), &total))
        Fail("has a dimension of 0 or a size that overflows");
    }
    if (total != bytes.size() - header_) {
      Fail("its dimensions need " + std::to_string(total) + " bytes of data, it has " +
           std::to_string(bytes.size() - header_));
    }
  }
  std::span<const uint8_t> data() const { return file_.bytes.subspan(header_); }
  size_t rank() const { return dims_.size(); }
  int64_t dim(size_t axis) const { return dims_[axis]; }
  const std::string& path() const { return file_.path; }

 private:
  [[noreturn]] void Fail(const std::string& what) const { ThrowError(kExitBadInput, {file_.path, ": ", what}); }

  FileBytes file_;
  size_t header_ = 0;
  std::vector<uint32_t> dims_;
};

class IdxSource : public SampleSource {
 public:
  IdxSource(FileBytes images, FileBytes labels) : images_(std::move(images), 3, 4), labels_(std::move(labels), 1, 1) {
    if (images_.dim(0) != labels_.dim(0)) {
      ThrowError(kExitBadInput, {images_.path(), ": has ", images_.dim(0), " images, but ", labels_.path(), " has ",
                                 labels_.dim(0), " labels"});
    }
  }
  int64_t size() const override { return images_.dim(0); }
  bool reads_labels_alone() const override { return true; }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    const auto elements = static_cast<size_t>(fields_[0].elements);
    auto* pixels = static_cast<uint8_t*>(targets[0]);
    auto* numbers = static_cast<int32_t*>(targets[1]);
    for (int64_t index : indices) {
      *numbers++ = labels_.data()[static_cast<size_t>(index)];
      if (pixels == nullptr) continue;
      const std::span<const uint8_t> image = images_.data().subspan(static_cast<size_t>(index) * elements, elements);
      pixels = std::copy(image.begin(), image.end(), pixels);
    }
  }
  int classes() const {
    const std::span<const uint8_t> labels = labels_.data();
    return std::max(10, *std::max_element(labels.begin(), labels.end()) + 1);
  }

 private:
  IdxFile images_, labels_;
  const std::vector<Field> fields_ =
      ImageFields(images_.dim(1), images_.dim(2), images_.rank() == 4 ? images_.dim(3) : 1);
};

}  // namespace

Dataset IdxImages(FileBytes images, FileBytes labels) {
  const auto source = std::make_shared<IdxSource>(std::move(images), std::move(labels));
  Dataset data(source);
  for (int number = 0; number < source->classes(); ++number) data.class_names.push_back(std::to_string(number));
  return data;
}

}  // namespace brine
