// The content-addressed cache of compiled kernels.  Safe for concurrent processes: entries are written to a temporary
// file and renamed, and every read checks the whole entry.
#ifndef BRINE_CODEGEN_DRIVER_CACHE_H_
#define BRINE_CODEGEN_DRIVER_CACHE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::codegen {

std::string HashName(absl::string_view key);  // XXH3-128 in 32 hexadecimal digits

class Cache {
 public:
  // Opens or creates `folder` with mode 0700.  Errors: it belongs to another user, or others may enter it.
  static absl::StatusOr<Cache> Open(const std::string& folder);
  static absl::StatusOr<std::string> DefaultFolder();  // $BRINE_CACHE, else $XDG_CACHE_HOME/brine, else ~/.cache/brine

  // Opens the default folder.  If it cannot be used and $BRINE_CACHE is not set, as in a container without a home, the
  // cache is the user's private folder below $TMPDIR or /tmp, and `warning` says so.
  static absl::StatusOr<Cache> OpenDefault(std::string& warning);

  // The payload stored for exactly this key.  An entry that is truncated, altered, or of another key counts as absent.
  std::optional<std::string> Get(absl::string_view key) const;
  absl::Status Put(absl::string_view key, absl::string_view payload) const;

  struct Stats {
    int64_t entries = 0, bytes = 0;
  };
  absl::StatusOr<Stats> GetStats() const;
  absl::StatusOr<Stats> Clean() const;  // removes every entry; returns what was removed

  const std::string& folder() const { return folder_; }
  std::string EntryPath(absl::string_view key) const;

 private:
  explicit Cache(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_CACHE_H_
