#include "runtime/core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

int Fail(char* error, size_t error_bytes, const char* path, const char* what) {
  snprintf(error, error_bytes, "%s: %s: %s", path, what, strerror(errno));
  return -1;
}

int WriteAll(int file, const brine_bytes* pieces, size_t count) {
  for (size_t piece = 0; piece < count; ++piece) {
    const uint8_t* data = static_cast<const uint8_t*>(pieces[piece].data);
    for (size_t remaining = pieces[piece].size; remaining > 0;) {
      const ssize_t written = write(file, data, remaining);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return -1;
      data += written;
      remaining -= static_cast<size_t>(written);
    }
  }
  return fsync(file);
}

// Makes a rename in the folder of `path` durable.
int FlushFolder(const char* path) {
  char folder[PATH_MAX];
  const char* const slash = strrchr(path, '/');
  snprintf(folder, sizeof(folder), "%.*s",
           slash == nullptr ? 1
           : slash == path  ? 1
                            : static_cast<int>(slash - path),
           slash == nullptr ? "." : path);
  const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  // EINVAL means that the file system cannot flush folders, which is no failure of this write.
  const int result = fsync(descriptor) != 0 && errno != EINVAL ? -1 : 0;
  close(descriptor);
  return result;
}

// Creates the file that is to be renamed to `path`, and writes its name to `temporary`.  Returns its descriptor, or −1
// with the reason in `error`.
int OpenTemporary(const char* path, char (&temporary)[PATH_MAX], char* error, size_t error_bytes) {
  struct stat status;
  if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
    snprintf(error, error_bytes, "%s: is not a regular file", path);
    return -1;
  }
  if (snprintf(temporary, sizeof(temporary), "%s.tmp.%ld", path, static_cast<long>(getpid())) >=
      static_cast<int>(sizeof(temporary))) {
    errno = ENAMETOOLONG;
    return Fail(error, error_bytes, path, "cannot be written");
  }
  unlink(temporary);  // a killed process with the same number may have left it
  const int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  return file >= 0 ? file : Fail(error, error_bytes, path, "cannot be written");
}

}  // namespace

uint8_t* brine_read_file(const char* path, size_t limit, size_t* size, char* error, size_t error_bytes) {
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // so that a pipe does not wait for its writer
  if (file < 0) return Fail(error, error_bytes, path, "cannot be opened"), nullptr;
  struct stat status;
  uint8_t* bytes = nullptr;
  size_t got = 0;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    snprintf(error, error_bytes, "%s: is not a regular file", path);
  } else if (static_cast<uint64_t>(status.st_size) > limit) {
    snprintf(error, error_bytes, "%s: has %lld bytes, at most %zu were expected", path,
             static_cast<long long>(status.st_size), limit);
  } else if ((bytes = static_cast<uint8_t*>(malloc(static_cast<size_t>(status.st_size) + 1))) == nullptr) {
    snprintf(error, error_bytes, "%s: no memory for its %lld bytes", path, static_cast<long long>(status.st_size));
  } else {
    *size = static_cast<size_t>(status.st_size);
    while (got < *size) {
      const ssize_t read_now = read(file, bytes + got, *size - got);
      if (read_now < 0 && errno == EINTR) continue;
      if (read_now <= 0) break;
      got += static_cast<size_t>(read_now);
    }
    if (got < *size) {
      snprintf(error, error_bytes, "%s: only %zu of its %zu bytes could be read", path, got, *size);
      free(bytes);
      bytes = nullptr;
    }
  }
  close(file);
  return bytes;
}

int brine_check_writable(const char* path, char* error, size_t error_bytes) {
  char temporary[PATH_MAX];
  const int file = OpenTemporary(path, temporary, error, error_bytes);
  if (file < 0) return -1;
  close(file);
  unlink(temporary);
  return 0;
}

int brine_write_file(const char* path, const brine_bytes* pieces, size_t count, char* error, size_t error_bytes) {
  char temporary[PATH_MAX];
  const int file = OpenTemporary(path, temporary, error, error_bytes);
  if (file < 0) return -1;
  int result = WriteAll(file, pieces, count);
  if (result != 0) Fail(error, error_bytes, path, "could not be written");
  if (close(file) != 0 && result == 0) result = Fail(error, error_bytes, path, "could not be written");
  if (result == 0 && rename(temporary, path) != 0) result = Fail(error, error_bytes, path, "could not be put in place");
  if (result != 0) {
    unlink(temporary);
    return -1;
  }
  return FlushFolder(path) == 0 ? 0 : Fail(error, error_bytes, path, "its folder could not be flushed");
}
