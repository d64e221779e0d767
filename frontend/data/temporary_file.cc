#include "frontend/data/temporary_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "runtime/trainer/error.h"

namespace brine {
namespace {

std::string Folder() {
  const char* const folder = std::getenv("TMPDIR");
  return folder == nullptr || *folder == '\0' ? "/tmp" : folder;
}

// A new file without a name; −1 if there can be none.
int Open(const std::string& folder) {
  const int file = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return file;
  std::string path = folder + "/brine.XXXXXX";  // some file systems, such as those of containers, have no O_TMPFILE
  const int named = mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) unlink(path.c_str());
  return named;
}

}  // namespace

TemporaryFile::~TemporaryFile() {
  if (!mapped_.empty()) munmap(const_cast<uint8_t*>(mapped_.data()), mapped_.size());
  if (file_ >= 0) close(file_);
}

void TemporaryFile::Append(std::span<const uint8_t> bytes) {
  if (file_ < 0) {
    folder_ = Folder();
    file_ = Open(folder_);
    if (file_ < 0) throw Error(kExitFailed, folder_ + ": a temporary file cannot be created: " + std::strerror(errno));
  }
  while (!bytes.empty()) {
    const ssize_t written = write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw Error(kExitFailed, folder_ + ": cannot hold a temporary file, after " + std::to_string(size_) +
                                   " bytes: " + std::strerror(errno) + "; TMPDIR may name another folder");
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
    size_ += written;
  }
}

std::span<const uint8_t> TemporaryFile::Map() {
  if (size_ == 0 || !mapped_.empty()) return mapped_;
  void* const memory = mmap(nullptr, static_cast<size_t>(size_), PROT_READ, MAP_PRIVATE, file_, 0);
  if (memory == MAP_FAILED)
    throw Error(kExitFailed, folder_ + ": a temporary file cannot be mapped: " + std::strerror(errno));
  return mapped_ = {static_cast<const uint8_t*>(memory), static_cast<size_t>(size_)};
}

}  // namespace brine
