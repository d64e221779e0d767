// A file's bytes, read-only, in the page cache's own memory.
#ifndef BRINE_RUNTIME_TRAINER_MAPPED_FILE_H_
#define BRINE_RUNTIME_TRAINER_MAPPED_FILE_H_

#include <cstdint>
#include <span>
#include <string>

namespace brine {

class MappedFile {
 public:
  explicit MappedFile(
      const std::string& path);  // throws Error when it is not a regular file that can be read, or is empty
  MappedFile(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const uint8_t> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::span<const uint8_t> bytes_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_MAPPED_FILE_H_
