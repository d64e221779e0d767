// A file without a name for bytes that memory should not hold: written from its beginning to its end, then mapped.
#ifndef BRINE_FRONTEND_DATA_TEMPORARY_FILE_H_
#define BRINE_FRONTEND_DATA_TEMPORARY_FILE_H_

#include <cstdint>
#include <span>
#include <string>

namespace brine {

class TemporaryFile {
 public:
  TemporaryFile() = default;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  // The first call creates the file in $TMPDIR, or else in /tmp; it is gone when the process ends.  Throws Error
  // (kExitFailed) if the bytes cannot be written, for example because the disk is full.
  void Append(std::span<const uint8_t> bytes);
  int64_t size() const { return size_; }

  // The content.  Nothing may be appended afterwards.
  std::span<const uint8_t> Map();

 private:
  std::string folder_;
  int file_ = -1;
  int64_t size_ = 0;
  std::span<const uint8_t> mapped_;
};

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_TEMPORARY_FILE_H_
