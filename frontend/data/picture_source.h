// Data sets of pictures that are decoded when their samples are read.
#ifndef BRINE_FRONTEND_DATA_PICTURE_SOURCE_H_
#define BRINE_FRONTEND_DATA_PICTURE_SOURCE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/data/data.h"

namespace brine {

// A picture that has not been decoded.
struct PictureFile {
  std::string name;
  int32_t label = 0;
  std::optional<std::span<const uint8_t>> bytes = std::nullopt;  // of its file, unless that is to be opened
  std::string fault = {};                                        // why the picture cannot be read, if that is known
};

struct Pictures {
  std::string place;  // what precedes a picture's name in messages, and in the path of a file: "flowers/"
  std::vector<PictureFile> files;
  bool has_labels = true;
  std::shared_ptr<const void> owner = nullptr;  // keeps the bytes alive
};

// Whether a file with this name counts as a picture, by its extension.
bool HasPictureName(std::string_view name);

// The options with the size and the number of channels that all pictures get.  Those that are 0 follow from the
// headers: the size that all have, and 1 channel if all are grey.  Throws Error if the sizes differ.
DataOptions ResolveShape(const std::vector<const Pictures*>& parts, DataOptions options);

// The data set of the pictures, with the shape of `options`, which must be resolved.  Reading a sample throws Error if
// its picture cannot be decoded.
Dataset AsDataset(Pictures pictures, const DataOptions& options);

// The number of pictures of each size (width, height), as their headers say it.
using PictureSizes = std::map<std::pair<int64_t, int64_t>, int64_t>;

// Counts the pictures of data sets that AsDataset made, but not those that are broken.  `threads` as in DataOptions.
PictureSizes CountSizes(const Splits& splits, int threads);

// Gives the data sets that AsDataset made the shape of `options`, which need not be resolved, instead of the one that
// they were made with.  Throws Error as ResolveShape does.
void ChangeShape(Splits& splits, const DataOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_PICTURE_SOURCE_H_
