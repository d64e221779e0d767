// The binary versions of CIFAR-10 and CIFAR-100, in a folder or in the archives as they are downloaded.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "frontend/data/archive.h"
#include "frontend/data/bad_input.h"
#include "frontend/data/picture_source.h"
#include "frontend/data/source_kinds.h"
#include "frontend/data/split.h"
#include "runtime/trainer/cifar.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

using FindFile = std::function<std::optional<FileBytes>(const std::string& name)>;

// The texts of a file, one a line.
std::vector<std::string> Lines(const FileBytes& file) {
  std::vector<std::string> lines;
  std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

// Which files a version has.
struct Version {
  CifarForm form;
  std::vector<std::string> train, test;
  std::string names;
};

Source Open(const std::string& path, const FindFile& find) {
  static const Version kVersions[] = {
      {kCifar10,
       {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
       {"test_batch.bin"},
       "batches.meta.txt"},
      {kCifar100, {"train.bin"}, {"test.bin"}, "fine_label_names.txt"}};
  for (const Version& version : kVersions) {
    if (!find(version.train[0]).has_value()) continue;
    std::vector<std::string> names = version.form.classes == 10 ? Cifar10Classes() : std::vector<std::string>();
    if (const std::optional<FileBytes> file = find(version.names); file.has_value()) {
      names = Lines(*file);
      if (names.size() != static_cast<size_t>(version.form.classes))
        BadInput(file->path, "has " + std::to_string(names.size()) + " names of classes instead of " +
                                 std::to_string(version.form.classes));
    }
    const auto load = [&](const std::vector<std::string>& files) {
      std::vector<FileBytes> bytes;
      for (const std::string& name : files) {
        std::optional<FileBytes> file = find(name);
        if (!file.has_value()) BadInput(path, "lacks " + name);
        bytes.push_back(*std::move(file));
      }
      Dataset data = CifarRecords(std::move(bytes), version.form);
      data.class_names = names;
      return data;
    };
    Source source;
    source.splits.train = load(version.train);
    source.splits.test = load(version.test);
    source.train_classes = LabelsOf(source.splits.train);
    return source;
  }
  BadInput(path, "has neither data_batch_1.bin of CIFAR-10 nor train.bin of CIFAR-100");
}

// The folder in `path` with the files; empty if there is none.
std::string FolderOfFiles(const std::string& path) {
  std::error_code ignored;
  for (const char* inner : {"", "/cifar-10-batches-bin", "/cifar-100-binary"}) {
    const std::string folder = path + inner;
    if (fs::exists(folder + "/data_batch_1.bin", ignored)) return folder;
    if (fs::exists(folder + "/train.bin", ignored) && fs::exists(folder + "/test.bin", ignored)) return folder;
  }
  return "";
}

bool IsCifarFolder(const std::string& path) { return !FolderOfFiles(path).empty(); }

Source OpenCifarFolder(const std::string& path, const DataOptions&) {
  const std::string folder = FolderOfFiles(path);
  return Open(path, [&](const std::string& name) -> std::optional<FileBytes> {
    std::error_code ignored;
    const std::string file = folder + "/" + name;
    if (!fs::exists(file, ignored)) return std::nullopt;
    return MapFile(file);
  });
}

bool IsCifarArchive(const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  std::error_code ignored;
  return name.starts_with("cifar-10") && (name.ends_with(".tar.gz") || name.ends_with(".tar")) &&
         fs::is_regular_file(path, ignored);
}

// The archive of a competition has pictures instead of the binary files.
Source OpenCifarArchive(const std::string& path, const DataOptions& options) {
  const auto archive = std::make_shared<const Archive>(path);
  const auto& entries = archive->entries();
  if (std::any_of(entries.begin(), entries.end(), [](const ArchiveEntry& e) { return HasPictureName(e.name); })) {
    Source source = kPictureArchive.open(path, options);
    source.kind = kPictureArchive.name;
    return source;
  }
  return Open(path, [&](const std::string& name) -> std::optional<FileBytes> {
    for (const ArchiveEntry& entry : archive->entries()) {
      if (fs::path(entry.name).filename() == name) return FileBytes{path + ": " + entry.name, entry.bytes, archive};
    }
    return std::nullopt;
  });
}

}  // namespace

const SourceKind kCifarFolder = {"a folder with the binary files of CIFAR-10 or CIFAR-100", &IsCifarFolder,
                                 &OpenCifarFolder};
const SourceKind kCifarArchive = {"cifar-10-binary.tar.gz or cifar-100-binary.tar.gz", &IsCifarArchive,
                                  &OpenCifarArchive};

}  // namespace brine
