#include "frontend/data/folder_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "frontend/data/bad_input.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

// A folder as the system knows it, whatever the path that led to it.
using FolderId = std::pair<dev_t, ino_t>;

struct Item {
  std::string name;
  FolderItem kind;
};

FolderItem KindOf(const fs::directory_entry& item) {  // which the folder says of all but links
  std::error_code ignored;
  return item.is_directory(ignored)      ? FolderItem::kFolder
         : item.is_regular_file(ignored) ? FolderItem::kFile
                                         : FolderItem::kOther;
}

// `above` are the folders that contain this one.
void VisitFolder(const std::string& folder, std::vector<FolderId>& above, const FolderVisitor& visit) {
  struct stat info;
  if (stat(folder.c_str(), &info) != 0) return;
  const FolderId id(info.st_dev, info.st_ino);
  if (std::find(above.begin(), above.end(), id) != above.end()) return;
  std::error_code error;
  std::vector<Item> items;
  for (fs::directory_iterator item(folder, error), end; !error && item != end; item.increment(error)) {
    std::string name = item->path().filename().string();
    if (!IsHidden(name)) items.push_back({std::move(name), KindOf(*item)});
  }
  if (error) BadInput(folder, "cannot be read: " + error.message());
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
  above.push_back(id);
  for (const Item& item : items) {
    const std::string path = folder + "/" + item.name;
    visit(path, item.kind);
    if (item.kind == FolderItem::kFolder) VisitFolder(path, above, visit);
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

void VisitFolder(const std::string& folder, const FolderVisitor& visit) {
  std::vector<FolderId> above;
  VisitFolder(folder, above, visit);
}

}  // namespace brine
