#include "frontend/data/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "runtime/trainer/error.h"

namespace brine {
namespace {

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// By this name in /proc, a file without a name can be linked.
std::string DescriptorPath(int file) { return "/proc/self/fd/" + std::to_string(file); }

// Opens a file without a name.  Returns −1 if the file system has no such files, or if they could not be linked.
int OpenUnnamed(const std::string& folder) {
  const int file = open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0 || access(DescriptorPath(file).c_str(), F_OK) == 0) return file;
  close(file);
  return -1;
}

}  // namespace

OutputFile::OutputFile(const std::string& path)
    : path_(path), folder_(FolderOf(path)), temporary_(path + ".tmp." + std::to_string(getpid())) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    throw Error(kExitFailed, path + ": is not a regular file");
  file_ = OpenUnnamed(folder_);
  if (file_ >= 0) return;
  unlink(temporary_.c_str());  // a killed process with the same number may have left it
  file_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file_ < 0) Fail("cannot be written");
  has_name_ = true;
}

OutputFile::~OutputFile() {
  if (file_ >= 0) close(file_);
  if (has_name_) unlink(temporary_.c_str());
}

void OutputFile::Fail(const std::string& what) const {
  throw Error(kExitFailed, path_ + ": " + what + ": " + std::strerror(errno));
}

void OutputFile::Write(int64_t offset, const void* bytes, size_t count) {
  const auto* next = static_cast<const uint8_t*>(bytes);
  while (count > 0) {
    const ssize_t written = pwrite(file_, next, count, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) Fail("could not be written");
    next += written;
    offset += written;
    count -= static_cast<size_t>(written);
  }
}

void OutputFile::Link(const std::string& name) const {
  if (linkat(AT_FDCWD, DescriptorPath(file_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
    Fail("could not be put in place");
}

void OutputFile::Commit() {
  if (fsync(file_) != 0) Fail("could not be written");
  if (!has_name_) {
    unlink(temporary_.c_str());
    Link(temporary_);
    has_name_ = true;
  }
  if (rename(temporary_.c_str(), path_.c_str()) != 0) Fail("could not be put in place");
  has_name_ = false;
  const int folder = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // EINVAL means that the file system cannot flush folders, which is no failure of this write.
  const bool flushed = folder >= 0 && (fsync(folder) == 0 || errno == EINVAL);
  if (folder >= 0) close(folder);
  if (!flushed) Fail("its folder could not be flushed");
}

}  // namespace brine
