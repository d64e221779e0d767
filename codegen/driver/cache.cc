#include "codegen/driver/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "codegen/driver/files.h"
#include "ir/status.h"

namespace brine::codegen {
namespace {

// An entry is this header, the key and the payload.
struct Header {
  char magic[8];
  uint64_t key_bytes, payload_bytes;
  uint64_t hash[2];  // low and high half of the hash of key and payload together
};
constexpr char kMagic[8] = {'b', 'r', 'i', 'n', 'e', 'c', 'c', '1'};
constexpr char kSuffix[] = ".entry", kFolderSuffix[] = ".files";

XXH128_hash_t Hash(absl::string_view bytes) { return XXH3_128bits(bytes.data(), bytes.size()); }

// Makes the folder `path` and those that contain it.
absl::Status MakeFolders(const std::string& path) {
  for (size_t length = 1; length <= path.size(); ++length) {
    if (length != path.size() && path[length] != '/') continue;
    const std::string part = path.substr(0, length);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return absl::FailedPreconditionError(absl::StrCat(part, ": cannot create the cache folder: ", strerror(errno)));
    }
  }
  return absl::OkStatus();
}

// Errors: `folder`, which `info` describes, is no folder, or not one of this user alone.
absl::Status CheckPrivate(const std::string& folder, const struct stat& info) {
  if (!S_ISDIR(info.st_mode)) return absl::FailedPreconditionError(absl::StrCat(folder, ": the cache is no folder"));
  if (info.st_uid != geteuid())
    return absl::FailedPreconditionError(absl::StrCat(folder, ": the cache folder belongs to another user"));
  if ((info.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: the cache folder has mode %04o, others may enter it; chmod 700 it", folder, info.st_mode & 07777));
  }
  return absl::OkStatus();
}

// The value of an environment variable; null if it is not set or empty.
const char* EnvironmentVariable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr || *value == '\0' ? nullptr : value;
}

// Makes a folder of this user below $TMPDIR or /tmp, where every user may write.  A link there is not followed, since
// another user may have made it.
absl::StatusOr<std::string> MakeTemporaryFolder() {
  const char* const base = EnvironmentVariable("TMPDIR");
  const std::string folder = absl::StrCat(base != nullptr && *base == '/' ? base : "/tmp", "/brine-cache-", geteuid());
  struct stat info;
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return absl::FailedPreconditionError(absl::StrCat(folder, ": cannot create the cache folder: ", strerror(errno)));
  if (lstat(folder.c_str(), &info) != 0)
    return absl::FailedPreconditionError(absl::StrCat(folder, ": ", strerror(errno)));
  BRINE_RETURN_IF_ERROR(CheckPrivate(folder, info));
  return folder;
}

}  // namespace

std::string HashName(absl::string_view key) {
  const XXH128_hash_t hash = Hash(key);
  return absl::StrFormat("%016x%016x", hash.high64, hash.low64);
}

absl::StatusOr<Cache> Cache::Open(const std::string& folder) {
  BRINE_RETURN_IF_ERROR(MakeFolders(folder));
  struct stat info;
  if (stat(folder.c_str(), &info) != 0)
    return absl::FailedPreconditionError(absl::StrCat(folder, ": ", strerror(errno)));
  BRINE_RETURN_IF_ERROR(CheckPrivate(folder, info));
  return Cache(folder);
}

absl::StatusOr<std::string> Cache::DefaultFolder() {
  if (const char* folder = EnvironmentVariable("BRINE_CACHE"); folder != nullptr) return std::string(folder);
  if (const char* xdg = EnvironmentVariable("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/')
    return absl::StrCat(xdg, "/brine");
  if (const char* home = EnvironmentVariable("HOME"); home != nullptr && *home == '/')
    return absl::StrCat(home, "/.cache/brine");
  return absl::FailedPreconditionError("no folder for the cache: BRINE_CACHE, XDG_CACHE_HOME and HOME are not set");
}

absl::StatusOr<Cache> Cache::OpenDefault(std::string& warning) {
  const absl::StatusOr<std::string> folder = DefaultFolder();
  absl::StatusOr<Cache> cache = folder.ok() ? Open(*folder) : folder.status();
  if (EnvironmentVariable("BRINE_CACHE") != nullptr) return cache;
  if (cache.ok() && faccessat(AT_FDCWD, folder->c_str(), W_OK, AT_EACCESS) == 0) return cache;
  const std::string reason =
      cache.ok() ? absl::StrCat(*folder, ": ", strerror(errno)) : std::string(cache.status().message());
  BRINE_ASSIGN_OR_RETURN(const std::string temporary, MakeTemporaryFolder());
  warning = absl::StrCat(reason, "; kernels are kept in ", temporary);
  return Cache(temporary);
}

std::string Cache::EntryPath(absl::string_view key) const { return absl::StrCat(folder_, "/", HashName(key), kSuffix); }

std::optional<std::string> Cache::Get(absl::string_view key) const {
  std::optional<std::string> payload = Find(key);
  if (payload.has_value() || !makes_once_ || lock_.has_value()) return payload;
  lock_.emplace(folder_ + "/lock");
  payload = Find(key);
  if (payload.has_value()) lock_.reset();  // another process has made this, and probably all
  return payload;
}

std::optional<std::string> Cache::Find(absl::string_view key) const {
  const absl::StatusOr<std::string> entry = ReadFile(EntryPath(key));
  if (!entry.ok() || entry->size() < sizeof(Header)) return std::nullopt;
  Header header;
  std::memcpy(&header, entry->data(), sizeof(header));
  const absl::string_view content = absl::string_view(*entry).substr(sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0 || header.key_bytes != key.size() ||
      content.size() < key.size() || header.payload_bytes != content.size() - key.size() ||
      content.substr(0, key.size()) != key) {
    return std::nullopt;
  }
  const XXH128_hash_t hash = Hash(content);
  if (hash.low64 != header.hash[0] || hash.high64 != header.hash[1]) return std::nullopt;
  return std::string(content.substr(key.size()));
}

absl::Status Cache::Put(absl::string_view key, absl::string_view payload) const {
  const std::string content = absl::StrCat(key, payload);
  const XXH128_hash_t hash = Hash(content);
  Header header = {{}, key.size(), payload.size(), {hash.low64, hash.high64}};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  return WriteFileAtomically(
      EntryPath(key), absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&header), sizeof(header)), content));
}

absl::StatusOr<std::string> Cache::Folder(absl::string_view key) const {
  const std::string folder = absl::StrCat(folder_, "/", HashName(key), kFolderSuffix);
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return folder;
  return absl::UnavailableError(absl::StrCat(folder, ": cannot be created: ", strerror(errno)));
}

FileLock::FileLock(const std::string& path) : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  while (file_ >= 0 && flock(file_, LOCK_EX) != 0 && errno == EINTR && !Interrupted()) {
  }
}

FileLock::~FileLock() {
  if (file_ >= 0) close(file_);
}

namespace {

// The size of the files in the folder of an entry, which are removed with it if `remove` is true.
int64_t CountFolder(const std::string& folder, bool remove) {
  int64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    std::error_code ignored;
    const uintmax_t size = file->file_size(ignored);
    bytes += ignored ? 0 : static_cast<int64_t>(size);
  }
  if (remove) std::filesystem::remove_all(folder, error);
  return bytes;
}

// Counts all entries, and removes them if `remove` is true.
absl::StatusOr<Cache::Stats> CountEntries(const std::string& folder, bool remove) {
  DIR* listing = opendir(folder.c_str());
  if (listing == nullptr) return absl::FailedPreconditionError(absl::StrCat(folder, ": ", strerror(errno)));
  Cache::Stats stats;
  while (const dirent* item = readdir(listing)) {
    const std::string path = absl::StrCat(folder, "/", item->d_name);
    if (absl::EndsWith(item->d_name, kFolderSuffix)) {
      ++stats.entries;
      stats.bytes += CountFolder(path, remove);
    }
    // The temporary files that a process left when it was killed count as entries.
    if (!absl::EndsWith(item->d_name, kSuffix) && !absl::StrContains(item->d_name, ".entry.")) continue;
    struct stat info;
    if (lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    if (remove && unlink(path.c_str()) != 0) continue;
    ++stats.entries;
    stats.bytes += info.st_size;
  }
  closedir(listing);
  return stats;
}

}  // namespace

absl::StatusOr<Cache::Stats> Cache::GetStats() const { return CountEntries(folder_, false); }
absl::StatusOr<Cache::Stats> Cache::Clean() const { return CountEntries(folder_, true); }

}  // namespace brine::codegen
