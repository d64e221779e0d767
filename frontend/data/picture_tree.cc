#include "frontend/data/picture_tree.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/one_line.h"
#include "frontend/data/picture_parts.h"

namespace brine {
namespace {

// A folder of class folders.
struct ClassTree {
  std::string path;   // in messages
  PicturePart& part;  // whose prefix precedes the class in the names of the files
  std::set<std::string, std::less<>> classes = {};

  std::string_view ClassOf(const PictureFile& file) const {
    return FirstFolder(std::string_view(file.name).substr(part.prefix.size()));
  }
};

std::string PlaceOf(const std::string& path, std::string_view name) { return OneLine(path + "/" + std::string(name)); }

// Finds the classes, and checks that each has a picture.
void FindClasses(const PictureTree& tree, ClassTree& classes) {
  const std::string& prefix = classes.part.prefix;
  for (const PictureFile& file : classes.part.files) {
    const std::string_view folder = classes.ClassOf(file);
    if (!folder.empty()) {
      classes.classes.emplace(folder);
      continue;
    }
    const std::string what = "is a picture in no folder of a class, so that its class is not known";
    if (prefix.empty()) BadInput(tree.place + file.name, what);
    BadInput(tree.place + file.name,
             what + "; " + prefix + "CLASS/" + file.name.substr(prefix.size()) + " is expected");
  }
  for (const std::string& path : tree.folders) {
    if (!path.starts_with(prefix) || path.find('/', prefix.size()) != std::string::npos) continue;
    const std::string_view name = std::string_view(path).substr(prefix.size());
    if (!name.empty() && classes.classes.find(name) == classes.classes.end())
      BadInput(PlaceOf(classes.path, name), "is a class without pictures");
  }
}

// Throws Error if a folder has the name of a part, but no picture, since test data would be drawn in its place.
void CheckPartsHavePictures(const PictureTree& tree, const std::vector<ClassTree>& trees) {
  for (const std::string& folder : tree.folders) {
    const bool has_pictures = std::any_of(
        trees.begin(), trees.end(), [&](const ClassTree& classes) { return classes.part.prefix == folder + "/"; });
    if (IsPartName(folder) && !has_pictures)
      BadInput(tree.path + "/" + folder, "is a part of the data without pictures");
  }
}

void CheckClasses(const ClassTree& first) {
  if (first.classes.size() < 2)
    BadInput(OneLine(first.path),
             "has only one class, " + OneLine(*first.classes.begin()) + "; a folder for each class is expected");
  CheckClassCount(first.path, first.classes.size());
}

}  // namespace

Source OpenPictureTree(PictureTree tree, const DataOptions& options) {
  if (tree.files.empty()) BadInput(tree.path, "has no pictures");
  PictureParts parts = DividePictures(tree.path, std::move(tree.files), /*in_class_folders=*/true);
  std::vector<ClassTree> trees;  // of the parts that have pictures
  for (PicturePart& part : parts) {
    if (part.files.empty()) continue;
    const std::string& prefix = part.prefix;
    trees.push_back({prefix.empty() ? tree.path : tree.path + "/" + prefix.substr(0, prefix.size() - 1), part});
    FindClasses(tree, trees.back());
  }
  const ClassTree& first = trees[0];
  if (!first.part.prefix.empty()) CheckPartsHavePictures(tree, trees);
  CheckClasses(first);
  std::map<std::string_view, int32_t> numbers;
  for (const std::string& name : first.classes) numbers.emplace(name, static_cast<int32_t>(numbers.size()));
  for (const ClassTree& classes : trees) {
    for (const std::string& name : classes.classes) {
      if (first.classes.find(name) == first.classes.end())
        BadInput(PlaceOf(classes.path, name), "is a class that " + first.path + " does not have");
    }
    for (PictureFile& file : classes.part.files) file.label = numbers.at(classes.ClassOf(file));
  }
  return OpenPictureParts(tree.place, std::move(parts), {first.classes.begin(), first.classes.end()}, tree.owner,
                          options);
}

}  // namespace brine
