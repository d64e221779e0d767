// An opened source of data, whose samples have not been read yet.
#ifndef BRINE_FRONTEND_DATA_SOURCE_H_
#define BRINE_FRONTEND_DATA_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "frontend/data/data.h"

namespace brine {

struct Source {
  std::string kind = {};    // in messages: "a folder of pictures"
  std::string remark = {};  // what users may not expect of the samples: "2 columns of numbers, 1 of texts: …"
  // The samples may be read in any order and by several threads at once.  Reading one throws Error if it is broken,
  // such as a picture that cannot be decoded.
  Splits splits = {};
  std::vector<int32_t> train_classes = {};  // of each training sample; empty if the labels are not classes
  double drawn_share = 0;  // of the samples of each class that were drawn to be test data, since the source has none
};

// Opens a source of any kind.  Throws Error if it is none that is known, and says which are.
Source OpenSource(const std::string& path, const DataOptions& options);

// Whether the source may consist of files of pictures, by its name and without opening it.
bool MayHavePictures(const std::string& path);

// Throws Error if a class of the source's training data has no sample in `read`, which is what could be read of them.
void CheckClassesRemain(const std::string& path, const Source& source, const Dataset& read);

// Whether a trainer maps the source itself (LoadMapped in runtime/trainer/readers.h): a packed file, the binary files
// of CIFAR-10, or IDX files that are not packed, for training and for tests.
bool IsMapped(const std::string& path);

// The files of which the source consists, in a fixed order, without opening them: what decides whether a source has
// changed.  Follows symbolic links, but not into a folder that contains them.
std::vector<std::string> FilesOfSource(const std::string& path);

// Throws Error if a file that is written to `output` would replace one of the source at `path`.
void CheckKeepsSource(const std::string& path, const std::string& output);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_SOURCE_H_
