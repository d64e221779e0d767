#include <cstdio>
#include <filesystem>
#include <utility>

#include "runtime/trainer/error.h"
#include "runtime/trainer/mapped_file.h"
#include "runtime/trainer/readers.h"

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
  IdxFile(const std::string& path, uint32_t dimensions) : file_(path) {
    const std::span<const uint8_t> bytes = file_.bytes();
    const uint32_t magic = 0x800 | dimensions;
    header_ = 4 + 4 * size_t{dimensions};
    if (bytes.size() < header_ || BigEndian(bytes, 0) != magic) {
      char text[100];
      std::snprintf(text, sizeof(text), ": begins with 0x%08x, an IDX file of this kind with 0x%08x",
                    bytes.size() < 4 ? 0 : BigEndian(bytes, 0), magic);
      throw Error(kExitBadInput, path + (bytes.size() < header_ ? ": is shorter than an IDX header" : text));
    }
    uint64_t total = 1;
    for (size_t offset = 4; offset < header_; offset += 4) {
      dims_.push_back(BigEndian(bytes, offset));
      if (dims_.back() == 0 || __builtin_mul_overflow(total, dims_.back(), &total))
        throw Error(kExitBadInput, path + ": has a dimension of 0 or a size that overflows");
    }
    if (total != bytes.size() - header_) {
      throw Error(kExitBadInput, path + ": its dimensions need " + std::to_string(total) + " bytes of data, it has " +
                                     std::to_string(bytes.size() - header_));
    }
  }
  std::span<const uint8_t> data() const { return file_.bytes().subspan(header_); }
  uint64_t dim(size_t axis) const { return dims_[axis]; }
  const std::string& path() const { return file_.path(); }

 private:
  MappedFile file_;
  size_t header_ = 0;
  std::vector<uint64_t> dims_;
};

class IdxSource : public SampleSource {
 public:
  IdxSource(const std::string& images, const std::string& labels) : images_(images, 3), labels_(labels, 1) {
    if (images_.dim(0) != labels_.dim(0)) {
      throw Error(kExitBadInput, images + ": has " + std::to_string(images_.dim(0)) + " images, but " + labels +
                                     " has " + std::to_string(labels_.dim(0)) + " labels");
    }
    for (size_t sample = 0; sample < labels_.data().size(); ++sample) {
      if (labels_.data()[sample] > 9)
        throw Error(kExitBadInput, labels + ": label " + std::to_string(sample) + " is " +
                                       std::to_string(labels_.data()[sample]) + ", which is not 0 to 9");
    }
  }
  int64_t size() const override { return static_cast<int64_t>(images_.dim(0)); }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    const auto elements = static_cast<size_t>(fields_[0].elements);
    auto* pixels = static_cast<uint8_t*>(targets[0]);
    auto* numbers = static_cast<int32_t*>(targets[1]);
    for (int64_t index : indices) {
      const std::span<const uint8_t> image = images_.data().subspan(static_cast<size_t>(index) * elements, elements);
      pixels = std::copy(image.begin(), image.end(), pixels);
      *numbers++ = labels_.data()[static_cast<size_t>(index)];
    }
  }

 private:
  IdxFile images_, labels_;
  const std::vector<Field> fields_ =
      ImageFields(static_cast<int64_t>(images_.dim(1)), static_cast<int64_t>(images_.dim(2)), 1);
};

// The path of an IDX file, whose name is spelt <stem>.<kind> in some copies of MNIST and <stem>-<kind> in others.
std::string IdxPath(const std::string& folder, const std::string& stem, const std::string& kind) {
  std::error_code ignored;
  const std::string dotted = folder + "/" + stem + "." + kind;
  return std::filesystem::exists(dotted, ignored) ? dotted : folder + "/" + stem + "-" + kind;
}

Dataset Load(const std::string& folder, const std::string& part) {
  Dataset data(std::make_shared<IdxSource>(IdxPath(folder, part + "-images", "idx3-ubyte"),
                                           IdxPath(folder, part + "-labels", "idx1-ubyte")));
  for (int digit = 0; digit < 10; ++digit) data.class_names.push_back(std::to_string(digit));
  return data;
}

}  // namespace

Splits LoadMnist(const std::string& folder) { return {.train = Load(folder, "train"), .test = Load(folder, "t10k")}; }

Splits LoadMapped(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return LoadPacked(folder);
  if (fs::exists(folder + "/cifar-10-batches-bin", ignored) || fs::exists(folder + "/data_batch_1.bin", ignored))
    return LoadCifar10(folder);
  if (fs::exists(IdxPath(folder, "train-images", "idx3-ubyte"), ignored)) return LoadMnist(folder);
  if (fs::exists(IdxPath(folder, "train-images", "idx3-ubyte") + ".gz", ignored))
    throw Error(kExitBadInput,
                folder + ": holds IDX files as .gz, which brine train unpacks, and this program does not");
  throw Error(kExitBadInput, folder + ": holds neither cifar-10-batches-bin nor train-images-idx3-ubyte");
}

}  // namespace brine
