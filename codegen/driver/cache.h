// The cache of compiled kernels, and of data that were unpacked: files that are found by the hash of their key. Several
// processes may use it at once: entries are written to a temporary file and renamed, and each read checks the whole
// entry.
#ifndef BRINE_CODEGEN_DRIVER_CACHE_H_
#define BRINE_CODEGEN_DRIVER_CACHE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::codegen {

// The hash of `key`, XXH3-128, as 32 hexadecimal digits.
std::string HashName(absl::string_view key);

// A lock on a file.  The system releases it when this process ends.
class FileLock {
 public:
  // Waits until no other process holds the lock.  Holds none if there can be none, or if a signal was caught.
  explicit FileLock(const std::string& path);
  FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  int file_;
};

class Cache {
 public:
  // Opens `folder`, or creates it with mode 0700.  Errors (kFailedPrecondition): it cannot be created, it belongs to
  // another user, or others may enter it.
  static absl::StatusOr<Cache> Open(const std::string& folder);

  static absl::StatusOr<std::string> DefaultFolder();  // $BRINE_CACHE, else $XDG_CACHE_HOME/brine, else ~/.cache/brine

  // Opens the default folder.  If that cannot be used and $BRINE_CACHE is not set, as in a container without a home,
  // opens a private folder of the user below $TMPDIR or /tmp instead, and sets `warning` to a sentence about it.
  static absl::StatusOr<Cache> OpenDefault(std::string& warning);

  // The payload that was stored for exactly this key, for a caller that makes what is absent.  An entry that is
  // truncated, altered or of another key counts as absent.
  std::optional<std::string> Get(absl::string_view key) const;

  // The same, for a caller that does without what is absent, and which MakeOnce does not concern.
  std::optional<std::string> Find(absl::string_view key) const;

  // Stores the payload, in place of an older one of this key.  Errors: those of WriteFileAtomically.
  absl::Status Put(absl::string_view key, absl::string_view payload) const;

  // An entry that is a folder, for files that are mapped and not read, which the caller writes with
  // WriteFileAtomically.  Makes the folder if it is missing.  Errors: kUnavailable.
  absl::StatusOr<std::string> Folder(absl::string_view key) const;

  // For processes that need the same entries, so that one makes them and the others find them: from now on, a Get that
  // finds nothing waits until no other process holds the lock of the cache, and looks again.  If there is still
  // nothing, this process makes it, and holds the lock until Release is called.  Where there can be no lock, as in a
  // folder that can only be read, or if a signal is caught, it goes on without.
  void MakeOnce() { makes_once_ = true; }
  void Release() const { lock_.reset(); }

  struct Stats {
    int64_t entries = 0;
    int64_t bytes = 0;  // of all files
  };
  absl::StatusOr<Stats> GetStats() const;
  absl::StatusOr<Stats> Clean() const;  // removes all entries; returns what was removed

  const std::string& folder() const { return folder_; }
  std::string EntryPath(absl::string_view key) const;  // the file of the entry for this key

 private:
  explicit Cache(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
  bool makes_once_ = false;
  mutable std::optional<FileLock> lock_;  // while this process makes entries
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_CACHE_H_
