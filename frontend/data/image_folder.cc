// A folder of pictures.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/folder_files.h"
#include "frontend/data/pack.h"
#include "frontend/data/picture_tree.h"
#include "frontend/data/source_kinds.h"
#include "frontend/data/split.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

// Classes are folders in the root or in its folders.
PictureTree ReadTree(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  PictureTree tree = {.path = path, .place = path + "/", .files = {}};
  VisitFolder(path, [&](const std::string& item, FolderItem kind) {
    std::string name = item.substr(path.size() + 1);
    if (kind != FolderItem::kFolder) {  // what is no regular file is a broken picture
      if (HasPictureName(name)) tree.files.push_back({.name = std::move(name)});
    } else if (std::count(name.begin(), name.end(), '/') < 2) {
      tree.folders.insert(std::move(name));
    }
  });
  return tree;
}

// A folder in which others are, or pictures.
bool IsImageFolder(const std::string& path) {
  std::error_code error;
  for (fs::directory_iterator item(path, error), end; !error && item != end; item.increment(error)) {
    const std::string name = item->path().filename().string();
    std::error_code ignored;
    if (!IsHidden(name) && (HasPictureName(name) || item->is_directory(ignored))) return true;
  }
  return false;
}

Source OpenImageFolder(const std::string& path, const DataOptions& options) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) BadInput(path, "is not a folder");
  return OpenPictureTree(ReadTree(path), options);
}

}  // namespace

const SourceKind kImageFolder = {.name = "a folder of pictures", .matches = &IsImageFolder, .open = &OpenImageFolder};

Splits LoadImageFolder(const std::string& folder, const DataOptions& options) {
  Source source = OpenImageFolder(folder, options);
  SplitOffTestData(source, options.test_split, options.split_seed);
  Splits splits = PackIntoMemory(source, {.threads = options.threads, .skip_broken = options.skip_broken});
  CheckClassesRemain(folder, source, splits.train);
  return splits;
}

}  // namespace brine
