// Pictures whose outer folders, train, val and test, say to which part of the data they belong.
#ifndef BRINE_FRONTEND_DATA_PICTURE_PARTS_H_
#define BRINE_FRONTEND_DATA_PICTURE_PARTS_H_

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/data/picture_source.h"
#include "frontend/data/source.h"

namespace brine {

// "a/b/c" is the folder "a" and "b/c" in it.  A path without a slash is in no folder.
std::string_view FirstFolder(std::string_view path);

// Whether the name of a folder, in letters of any case, is that of a part: train or training; val, valid or validation;
// test or testing.
bool IsPartName(std::string_view folder);

// Throws Error if `path` has more classes than a data set may have.
void CheckClassCount(const std::string& path, size_t classes);

struct PicturePart {
  std::string prefix = {};  // what precedes the pictures in their names, such as "train/"; empty if all are one part
  std::vector<PictureFile> files = {};
};
using PictureParts = std::array<PicturePart, 3>;  // train, validation, test

// Divides the pictures of `path` by their outer folders.  If they are `in_class_folders`, a folder is only a part if
// others with pictures are in it, since trains are also a class of vehicles.  All pictures are for training if there is
// no part for training, unless all are in other parts.  Throws Error if a picture is beside the parts, or if a part has
// two folders.
PictureParts DividePictures(const std::string& path, std::vector<PictureFile> files, bool in_class_folders);

// The source of the parts.  `place` and `owner` are as in Pictures.
Source OpenPictureParts(const std::string& place, PictureParts parts, const std::vector<std::string>& class_names,
                        std::shared_ptr<const void> owner, const DataOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_PICTURE_PARTS_H_
