// Pictures in folders, of which the names are those of their classes.
#ifndef BRINE_FRONTEND_DATA_PICTURE_TREE_H_
#define BRINE_FRONTEND_DATA_PICTURE_TREE_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "frontend/data/picture_source.h"
#include "frontend/data/source.h"

namespace brine {

// A folder or an archive.
struct PictureTree {
  std::string path;                    // in messages
  std::string place;                   // as in Pictures
  std::vector<PictureFile> files;      // whose names are paths in the tree; without labels
  std::set<std::string> folders = {};  // paths of further folders, which may be empty
  std::shared_ptr<const void> owner = nullptr;
};

// The data set of the tree.  If it has parts (DividePictures in picture_parts.h), the classes are the folders in that
// of the training data, otherwise the folders of the tree.  Classes have the order of the bytes of their names.  Throws
// Error if there are less than two classes or more than 65,535, a class or a part has no pictures, or a class is not
// among those of the training data.
Source OpenPictureTree(PictureTree tree, const DataOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_PICTURE_TREE_H_
