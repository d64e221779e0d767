// The bytes of a file, mapped into memory for reading.
#ifndef BRINE_RUNTIME_TRAINER_MAPPED_FILE_H_
#define BRINE_RUNTIME_TRAINER_MAPPED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace brine {

class MappedFile {
 public:
  // Throws Error if the file is not a regular file, cannot be read, or is empty.
  explicit MappedFile(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const uint8_t> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

  // If the file has more than half as many bytes as the process may have memory, lets the system read no more of it
  // than is asked for, since what it reads beyond that is gone from memory before it is wanted.
  void ExpectRandomReads();
  // After that, reads a part of the file at once, instead of page by page when it is looked at.
  void Prefetch(const uint8_t* bytes, size_t count) const;

 private:
  std::string path_;
  std::span<const uint8_t> bytes_;
  bool is_read_by_parts_ = false;
};

// The content of a file: a mapping, or the bytes that the file unpacks to.
struct FileBytes {
  std::string path;  // names the file in messages
  std::span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;  // keeps the bytes alive
};
FileBytes MapFile(const std::string& path);  // Throws as MappedFile does.

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_MAPPED_FILE_H_
