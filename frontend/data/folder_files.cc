#include "frontend/data/folder_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "frontend/data/bad_input.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

// A folder as the system knows it, whatever the path that led to it.
using FolderId = std::pair<dev_t, ino_t>;

// Adds the files in `folder`.  `above` are the folders that contain it.
void AddFiles(const std::string& folder, std::vector<FolderId>& above, std::vector<FolderFile>& files) {
  struct stat info;
  if (stat(folder.c_str(), &info) != 0) return;
  const FolderId id(info.st_dev, info.st_ino);
  if (std::find(above.begin(), above.end(), id) != above.end()) return;
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator item(folder, error), end; !error && item != end; item.increment(error)) {
    std::string name = item->path().filename().string();
    if (!IsHidden(name)) names.push_back(std::move(name));
  }
  if (error) BadInput(folder, "cannot be read: " + error.message());
  std::sort(names.begin(), names.end());
  above.push_back(id);
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
      AddFiles(path, above, files);
    else
      files.push_back({path, fs::is_regular_file(path, ignored)});
  }
  above.pop_back();
}

}  // namespace

bool IsHidden(std::string_view path) {
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    if (name.starts_with('.') || name == "__MACOSX" || name == "Thumbs.db") return true;
    path.remove_prefix(std::min(name.size() + 1, path.size()));
  }
  return false;
}

std::vector<FolderFile> FilesInFolder(const std::string& folder) {
  std::vector<FolderFile> files;
  std::vector<FolderId> above;
  AddFiles(folder, above, files);
  return files;
}

}  // namespace brine
