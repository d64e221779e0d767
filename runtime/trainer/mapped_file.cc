#include "runtime/trainer/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/core/cpu.h"
#include "runtime/trainer/error.h"

namespace brine {

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) ThrowError(kExitBadInput, {path, ": cannot be opened: ", std::strerror(errno)});
  struct stat status;
  const bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  const size_t size = regular ? static_cast<size_t>(status.st_size) : 0;
  void* const memory = regular ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
  close(file);
  if (!regular) ThrowError(kExitBadInput, {path, ": is empty or not a regular file"});
  if (memory == MAP_FAILED) ThrowError(kExitBadInput, {path, ": cannot be mapped: ", std::strerror(errno)});
  bytes_ = {static_cast<const uint8_t*>(memory), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      bytes_(std::exchange(other.bytes_, {})),
      is_read_by_parts_(other.is_read_by_parts_) {}

void MappedFile::ExpectRandomReads() {
  is_read_by_parts_ = static_cast<int64_t>(bytes_.size()) > brine_available_memory() / 2 &&
                      madvise(const_cast<uint8_t*>(bytes_.data()), bytes_.size(), MADV_RANDOM) == 0;
}

void MappedFile::Prefetch(const uint8_t* bytes, size_t count) const {
  if (!is_read_by_parts_) return;
  const size_t before = reinterpret_cast<uintptr_t>(bytes) % static_cast<size_t>(sysconf(_SC_PAGESIZE));
  madvise(const_cast<uint8_t*>(bytes) - before, before + count, MADV_WILLNEED);  // a failure costs time only
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

FileBytes MapFile(const std::string& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  return {path, file->bytes(), file};
}

}  // namespace brine
