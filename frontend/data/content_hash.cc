#include "frontend/data/content_hash.h"

#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "frontend/data/bad_input.h"
#include "frontend/data/file_contents.h"
#include "frontend/data/for_ranges.h"
#include "frontend/data/source.h"

namespace brine {
namespace {

struct stat StatusOf(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) BadInput(path, std::string("cannot be read: ") + std::strerror(errno));
  return status;
}

// Of a source that is a file, its name, since the names of files may say what they are.
std::string RelativePath(const std::string& source, const std::string& path) {
  const bool is_within = path.starts_with(source + "/");
  return is_within ? path.substr(source.size() + 1) : path.substr(path.rfind('/') + 1);
}

std::string TimeText(const struct timespec& time) {
  return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
}

struct FileHash {
  uint64_t size, high, low;
};

FileHash HashFile(const std::string& path) {
  if (StatusOf(path).st_size == 0) return {};  // an empty file cannot be mapped
  const FileContents file(path);
  const XXH128_hash_t hash = XXH3_128bits(file.bytes().data(), file.bytes().size());
  return {file.bytes().size(), hash.high64, hash.low64};
}

}  // namespace

std::string HashDigits(uint64_t high, uint64_t low) {
  char digits[33];
  std::snprintf(digits, sizeof(digits), "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return digits;
}

std::string ListFiles(const std::string& source, const std::vector<std::string>& files) {
  std::string list;
  for (const std::string& path : files) {
    const struct stat status = StatusOf(path);
    // A line feed in a name cannot be taken for the end of a line, since the length of the name stands before it.
    const std::string name = RelativePath(source, path);
    list += std::to_string(name.size()) + " " + name + " " + std::to_string(status.st_size) + " " +
            std::to_string(status.st_ino) + " " + TimeText(status.st_mtim) + " " + TimeText(status.st_ctim) + "\n";
  }
  return list;
}

void CheckUnchanged(const std::string& source, const std::string& list) {
  if (ListFiles(source, FilesOfSource(source)) != list)
    throw Error(kExitFailed, OneLine(source) + " changed while it was packed");
}

std::string HashContents(const std::string& source, const std::vector<std::string>& files, int threads) {
  std::vector<FileHash> hashes(files.size());
  ForRanges(static_cast<int64_t>(files.size()), threads, [&](int64_t begin, int64_t end) {
    for (auto file = static_cast<size_t>(begin); file < static_cast<size_t>(end); ++file)
      hashes[file] = HashFile(files[file]);
  });
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), &XXH3_freeState);
  XXH3_128bits_reset(state.get());
  for (size_t file = 0; file < files.size(); ++file) {
    const std::string name = RelativePath(source, files[file]);
    const uint64_t name_size = name.size();
    XXH3_128bits_update(state.get(), &name_size, sizeof(name_size));
    XXH3_128bits_update(state.get(), name.data(), name.size());
    XXH3_128bits_update(state.get(), &hashes[file], sizeof(FileHash));
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return HashDigits(hash.high64, hash.low64);
}

}  // namespace brine
