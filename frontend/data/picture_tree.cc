#include "frontend/data/picture_tree.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/one_line.h"
#include "frontend/data/source_kinds.h"

namespace brine {
namespace {

constexpr Dataset Splits::*kParts[] = {&Splits::train, &Splits::validation, &Splits::test};

const PartName* FindPart(std::string_view name) {
  const auto row = std::find_if(std::begin(kPartNames), std::end(kPartNames),
                                [&](const PartName& part) { return part.name == name; });
  return row == std::end(kPartNames) ? nullptr : row;
}

// "a/b/c" is the folder "a" and "b/c" in it.  A path without a slash is in no folder.
std::string_view FirstFolder(std::string_view path) {
  const size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}
std::string_view WithoutFirstFolder(std::string_view path) { return path.substr(FirstFolder(path).size() + 1); }

// Whether the pictures are divided: they are two folders deep, and the outer ones have the names of parts.
bool IsDivided(const std::vector<PictureFile>& files) {
  return std::all_of(files.begin(), files.end(), [](const PictureFile& file) {
    return FindPart(FirstFolder(file.name)) != nullptr && !FirstFolder(WithoutFirstFolder(file.name)).empty();
  });
}

// A folder of class folders.
struct ClassTree {
  std::string path;    // in messages
  std::string prefix;  // what precedes the class in the names of the files: "" or "train/"
  std::vector<PictureFile> files;
  std::set<std::string, std::less<>> classes;
};

std::string PlaceOf(const std::string& path, std::string_view name) { return OneLine(path + "/" + std::string(name)); }

// Finds the classes, and checks that each has a picture.
void FindClasses(const PictureTree& tree, ClassTree& classes) {
  for (const PictureFile& file : classes.files) {
    const std::string_view folder = FirstFolder(std::string_view(file.name).substr(classes.prefix.size()));
    if (folder.empty())
      BadInput(OneLine(tree.place + file.name), "is a picture in no folder of a class, so that its class is not known");
    classes.classes.emplace(folder);
  }
  for (const std::string& path : tree.folders) {
    if (!path.starts_with(classes.prefix) || path.find('/', classes.prefix.size()) != std::string::npos) continue;
    const std::string_view name = std::string_view(path).substr(classes.prefix.size());
    if (!name.empty() && classes.classes.find(name) == classes.classes.end())
      BadInput(PlaceOf(classes.path, name), "is a class without pictures");
  }
}

void CheckClasses(const ClassTree& first) {
  if (first.classes.size() < 2)
    BadInput(OneLine(first.path),
             "has only one class, " + OneLine(*first.classes.begin()) + "; a folder for each class is expected");
  if (first.classes.size() > kMaxClasses)
    BadInput(OneLine(first.path), "has " + std::to_string(first.classes.size()) + " classes; at most " +
                                      std::to_string(kMaxClasses) + " can be told apart");
}

std::array<ClassTree, 3> Divide(PictureTree& tree) {
  std::array<ClassTree, 3> parts;
  if (!IsDivided(tree.files)) {
    parts[0] = {tree.path, "", std::move(tree.files), {}};
    return parts;
  }
  for (PictureFile& file : tree.files) {
    const std::string name(FirstFolder(file.name));
    const auto which = std::find(std::begin(kParts), std::end(kParts), FindPart(name)->dataset);
    ClassTree& part = parts[static_cast<size_t>(which - std::begin(kParts))];
    if (!part.prefix.empty() && part.prefix != name + "/")
      BadInput(OneLine(tree.path), "has both " + part.prefix + " and " + name + "/, which are names of the same part");
    part.path = tree.path + "/" + name;
    part.prefix = name + "/";
    part.files.push_back(std::move(file));
  }
  return parts;
}

}  // namespace

Source OpenPictureTree(PictureTree tree, const DataOptions& options) {
  if (tree.files.empty()) BadInput(OneLine(tree.path), "has no pictures");
  std::array<ClassTree, 3> parts = Divide(tree);
  for (ClassTree& part : parts) {
    if (!part.files.empty()) FindClasses(tree, part);
  }
  const ClassTree& first =
      *std::find_if(parts.begin(), parts.end(), [](const ClassTree& part) { return !part.files.empty(); });
  CheckClasses(first);
  std::map<std::string_view, int32_t> numbers;
  for (const std::string& name : first.classes) numbers.emplace(name, static_cast<int32_t>(numbers.size()));

  std::array<Pictures, 3> pictures;
  for (size_t part = 0; part < parts.size(); ++part) {
    for (const std::string& name : parts[part].classes) {
      if (first.classes.find(name) == first.classes.end())
        BadInput(PlaceOf(parts[part].path, name), "is a class that " + OneLine(first.path) + " does not have");
    }
    for (PictureFile& file : parts[part].files)
      file.label = numbers.at(FirstFolder(std::string_view(file.name).substr(parts[part].prefix.size())));
    pictures[part] = {.place = tree.place, .files = std::move(parts[part].files), .owner = tree.owner};
  }
  const DataOptions resolved = ResolveShape(pictures, options);
  Source source;
  for (const PictureFile& file : pictures[0].files) source.train_classes.push_back(file.label);
  for (size_t part = 0; part < pictures.size(); ++part) {
    Dataset& data = source.splits.*kParts[part];
    if (!pictures[part].files.empty()) data = AsDataset(std::move(pictures[part]), resolved);
    data.class_names.assign(first.classes.begin(), first.classes.end());
  }
  return source;
}

}  // namespace brine
