#include "frontend/data/picture_parts.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/lower_case.h"
#include "frontend/data/source_kinds.h"

namespace brine {
namespace {

constexpr size_t kTrain = 0, kValidation = 1, kTest = 2;

constexpr Dataset Splits::*kParts[] = {&Splits::train, &Splits::validation, &Splits::test};

std::optional<size_t> PartOf(std::string_view folder) {
  const std::string lower = LowerCase(folder);
  for (const PartName& row : kPartNames) {
    if (row.name == lower)
      return static_cast<size_t>(std::find(std::begin(kParts), std::end(kParts), row.dataset) - std::begin(kParts));
  }
  return std::nullopt;
}

// The part in whose folder the picture is.
std::optional<size_t> PartOf(const PictureFile& file, bool in_class_folders) {
  const std::string_view folder = FirstFolder(file.name);
  if (in_class_folders && FirstFolder(std::string_view(file.name).substr(folder.size() + !folder.empty())).empty())
    return std::nullopt;
  return PartOf(folder);
}

bool AreDivided(const std::vector<PictureFile>& files, bool in_class_folders) {
  bool all = true;
  for (const PictureFile& file : files) {
    const std::optional<size_t> part = PartOf(file, in_class_folders);
    if (part == kTrain) return true;
    all = all && part.has_value();
  }
  return all;
}

}  // namespace

std::string_view FirstFolder(std::string_view path) {
  const size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool IsPartName(std::string_view folder) { return PartOf(folder).has_value(); }

void CheckClassCount(const std::string& path, size_t classes) {
  if (classes > kMaxClasses)
    BadInput(path, "has " + std::to_string(classes) + " classes; at most " + std::to_string(kMaxClasses) +
                       " can be told apart");
}

PictureParts DividePictures(const std::string& path, std::vector<PictureFile> files, bool in_class_folders) {
  PictureParts parts;
  if (!AreDivided(files, in_class_folders)) {
    parts[kTrain].files = std::move(files);
    return parts;
  }
  for (PictureFile& file : files) {
    const std::string folder(FirstFolder(file.name));
    if (folder.empty())
      BadInput(path, file.name + " is beside the folders of training, validation and test data, and in none of them");
    const std::optional<size_t> number = PartOf(folder);
    if (!number.has_value())
      BadInput(path + "/" + folder,
               "is a folder beside those of training data; only train, val and test are expected there");
    PicturePart& part = parts[*number];
    if (!part.prefix.empty() && part.prefix != folder + "/")
      BadInput(path, "has both " + part.prefix + " and " + folder + "/, which are names of the same part");
    part.prefix = folder + "/";
    part.files.push_back(std::move(file));
  }
  return parts;
}

Source OpenPictureParts(const std::string& place, PictureParts parts, const std::vector<std::string>& class_names,
                        std::shared_ptr<const void> owner, const DataOptions& options) {
  Source source;
  for (const PictureFile& file : parts[kTrain].files) source.train_classes.push_back(file.label);
  std::array<Pictures, 3> pictures;
  for (size_t part = 0; part < parts.size(); ++part)
    pictures[part] = {.place = place, .files = std::move(parts[part].files), .owner = owner};
  const DataOptions resolved = ResolveShape({&pictures[kTrain], &pictures[kValidation], &pictures[kTest]}, options);
  Dataset* const targets[] = {&source.splits.train, &source.splits.validation, &source.splits.test};
  for (size_t part = 0; part < pictures.size(); ++part) {
    if (!pictures[part].files.empty()) *targets[part] = AsDataset(std::move(pictures[part]), resolved);
    targets[part]->class_names = class_names;
  }
  return source;
}

}  // namespace brine
