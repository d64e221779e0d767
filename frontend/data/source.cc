#include "frontend/data/source.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/folder_files.h"
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
  VisitFolder(path, [&](const std::string& item, FolderItem kind) {
    if (kind == FolderItem::kFile) files.push_back(item);
  });
  return files;
}

void CheckKeepsSource(const std::string& path, const std::string& output) {
  struct stat replaced, kept;
  if (stat(output.c_str(), &replaced) != 0) return;
  for (const std::string& file : FilesOfSource(path)) {
    if (stat(file.c_str(), &kept) == 0 && kept.st_dev == replaced.st_dev && kept.st_ino == replaced.st_ino)
      BadInput(output, "is a file of " + path + ", which it would replace");
  }
}

void CheckClassesRemain(const std::string& path, const Source& source, const Dataset& read) {
  if (source.train_classes.empty()) return;
  const std::vector<int32_t> labels = read.size() == 0 ? std::vector<int32_t>() : LabelsOf(read);
  const std::set<int32_t> remaining(labels.begin(), labels.end());
  const std::vector<std::string>& names = source.splits.train.class_names;
  for (const int32_t label : source.train_classes) {
    if (remaining.contains(label)) continue;
    const auto number = static_cast<size_t>(label);
    BadInput(path, "has no sample of the class " + (number < names.size() ? names[number] : std::to_string(label)) +
                       " that can be read");
  }
}

Source OpenAs(const SourceKind& kind, const std::string& path, const DataOptions& options) {
  if (!(options.test_split >= 0 && options.test_split < 1))
    throw Error(kExitUsage, "the share of test data must be at least 0 and less than 1");
  Source source = kind.open(path, options);
  CheckParts(source.splits, path);
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
