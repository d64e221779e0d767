#include "runtime/trainer/cifar.h"

#include <cstring>
#include <utility>

#include "runtime/trainer/error.h"
#include "runtime/trainer/interleave.h"

namespace brine {
namespace {

class CifarSource : public SampleSource {
 public:
  CifarSource(std::vector<FileBytes> files, const CifarForm& form) : files_(std::move(files)), form_(form) {
    const size_t record_bytes = static_cast<size_t>(form.labels + 3 * kPlaneBytes);
    for (const FileBytes& file : files_) {
      if (file.bytes.empty()) ThrowError(kExitBadInput, {file.path, ": has no records"});
      if (file.bytes.size() % record_bytes != 0) {
        ThrowError(kExitBadInput, {file.path, ": has ", file.bytes.size(),
                                   " bytes, which are no whole number of records of ", record_bytes});
      }
      for (size_t offset = 0; offset < file.bytes.size(); offset += record_bytes) {
        records_.push_back(&file.bytes[offset]);
        if (LabelOf(records_.back()) >= form.classes) {
          ThrowError(kExitBadInput, {file.path, ": record ", offset / record_bytes, " has label ",
                                     LabelOf(records_.back()), ", which is not 0 to ", form.classes - 1});
        }
      }
    }
  }
  int64_t size() const override { return static_cast<int64_t>(records_.size()); }
  bool reads_labels_alone() const override { return true; }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    auto* pixel = static_cast<uint8_t*>(targets[0]);
    auto* label = static_cast<uint8_t*>(targets[1]);
    for (int64_t index : indices) {
      const uint8_t* const record = records_[static_cast<size_t>(index)];
      const int32_t number = LabelOf(record);
      std::memcpy(label, &number, sizeof(number));
      label += sizeof(number);
      if (pixel == nullptr) continue;
      InterleavePlanes(record + form_.labels, pixel);
      pixel += 3 * kPlaneBytes;
    }
  }

 private:
  int32_t LabelOf(const uint8_t* record) const { return record[form_.labels - 1]; }

  const std::vector<Field> fields_ = ImageFields(32, 32, 3);
  const std::vector<FileBytes> files_;
  const CifarForm form_;
  std::vector<const uint8_t*> records_;
};

}  // namespace

std::vector<std::string> Cifar10Classes() {
  return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
}

Dataset CifarRecords(std::vector<FileBytes> files, const CifarForm& form) {
  return Dataset(std::make_shared<CifarSource>(std::move(files), form));
}

}  // namespace brine
