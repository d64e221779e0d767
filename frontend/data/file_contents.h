// The bytes of one of many files.
#ifndef BRINE_FRONTEND_DATA_FILE_CONTENTS_H_
#define BRINE_FRONTEND_DATA_FILE_CONTENTS_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "runtime/trainer/mapped_file.h"

namespace brine {

// A small file is read, and a larger one is mapped.  The threads of a process wait for one another when one of them
// maps a file, so that small files cost more time to map than to read.  Of a larger file, a mapping reads only the
// parts that are looked at.
class FileContents {
 public:
  static constexpr size_t kMaxRead = size_t{64} << 10;  // the size of the largest file that is read

  // Throws Error as MappedFile does.
  explicit FileContents(const std::string& path);

  std::span<const uint8_t> bytes() const {
    return mapped_.has_value() ? mapped_->bytes() : std::span<const uint8_t>(read_.get(), size_);
  }

 private:
  size_t size_ = 0;  // of what was read
  std::unique_ptr<uint8_t, decltype(&std::free)> read_;
  std::optional<MappedFile> mapped_;
};

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_FILE_CONTENTS_H_
