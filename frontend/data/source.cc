#include "frontend/data/source.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/source_kinds.h"
#include "frontend/data/split.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

// The first that matches a path opens it.
constexpr const SourceKind* kKinds[] = {&kPackedFile,   &kCifarFolder, &kCifarArchive, &kIdxFiles,       &kNumpyFolder,
                                        &kNumpyArchive, &kTable,       &kTableFolder,  &kPictureArchive, &kImageFolder};

std::string AllKinds() {
  std::string names;
  for (const SourceKind* kind : kKinds) names += (names.empty() ? "" : ", ") + std::string(kind->name);
  return names;
}

// A folder as the system knows it, whatever the path that led to it.
using FolderId = std::pair<dev_t, ino_t>;

// Adds the files below `folder`, in the order of the bytes of their names.  `above` are the folders that contain it.
void AddFiles(const std::string& folder, std::vector<FolderId>& above, std::vector<std::string>& files) {
  struct stat info;
  if (stat(folder.c_str(), &info) != 0) return;
  const FolderId id(info.st_dev, info.st_ino);
  if (std::find(above.begin(), above.end(), id) != above.end()) return;
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator item(folder, error), end; !error && item != end; item.increment(error)) {
    std::string name = item->path().filename().string();
    if (name[0] != '.') names.push_back(std::move(name));
  }
  if (error) BadInput(folder, "cannot be read: " + error.message());
  std::sort(names.begin(), names.end());
  above.push_back(id);
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
      AddFiles(path, above, files);
    else if (fs::is_regular_file(path, ignored))
      files.push_back(path);
  }
  above.pop_back();
}

// The kind of the source; null if it is none.
const SourceKind* KindOf(const std::string& path) {
  const auto kind =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const SourceKind* row) { return row->matches(path); });
  return kind == std::end(kKinds) ? nullptr : *kind;
}

void CheckExists(const std::string& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (!fs::exists(status)) BadInput(path, "does not exist");
  // Opening a pipe could wait for ever.
  if (!fs::is_regular_file(status) && !fs::is_directory(status)) BadInput(path, "is neither a file nor a folder");
}

}  // namespace

bool MayHavePictures(const std::string& path) {
  CheckExists(path);
  const SourceKind* const kind = KindOf(path);
  return kind == &kImageFolder || kind == &kPictureArchive || kind == &kCifarArchive;
}

bool IsMapped(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return fs::is_regular_file(path, ignored) && kPackedFile.matches(path);
  if (fs::exists(path + "/cifar-10-batches-bin", ignored) || fs::exists(path + "/data_batch_1.bin", ignored))
    return true;
  const auto has = [&](const std::string& stem, const std::string& kind) {
    return fs::exists(path + "/" + stem + "-" + kind, ignored) || fs::exists(path + "/" + stem + "." + kind, ignored);
  };
  return has("train-images", "idx3-ubyte") && has("train-labels", "idx1-ubyte") && has("t10k-images", "idx3-ubyte") &&
         has("t10k-labels", "idx1-ubyte");
}

std::vector<std::string> FilesOfSource(const std::string& path) {
  CheckExists(path);
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return kIdxFiles.matches(path) ? FilesOfIdx(path) : std::vector{path};
  std::vector<std::string> files;
  std::vector<FolderId> above;
  AddFiles(path, above, files);
  return files;
}

void CheckKeepsSource(const std::string& path, const std::string& output) {
  std::error_code ignored;
  if (!fs::exists(output, ignored)) return;
  for (const std::string& file : FilesOfSource(path)) {
    if (fs::equivalent(file, output, ignored)) BadInput(output, "is a file of " + path + ", which it would replace");
  }
}

Source OpenAs(const SourceKind& kind, const std::string& path, const DataOptions& options) {
  if (!(options.test_split >= 0 && options.test_split < 1))
    throw Error(kExitUsage, "the share of test data must be at least 0 and less than 1");
  Source source = kind.open(path, options);
  if (source.kind.empty()) source.kind = kind.name;
  if (!kind.is_divided) SplitOffTestData(source, options.test_split, options.split_seed);
  return source;
}

Source OpenSource(const std::string& path, const DataOptions& options) {
  CheckExists(path);
  if (const SourceKind* const kind = KindOf(path); kind != nullptr) return OpenAs(*kind, path, options);
  BadInput(path, "is none of " + AllKinds());
}

}  // namespace brine
