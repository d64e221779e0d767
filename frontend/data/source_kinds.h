// The kinds of sources.  One file of this folder implements each, and source.cc has the table of all.
#ifndef BRINE_FRONTEND_DATA_SOURCE_KINDS_H_
#define BRINE_FRONTEND_DATA_SOURCE_KINDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "frontend/data/source.h"

namespace brine {

struct SourceKind {
  const char* name;  // "a folder of pictures"
  bool (*matches)(const std::string& path);
  Source (*open)(const std::string& path, const DataOptions& options);
  bool is_divided = false;  // whether the source knows its test data, or that it has none, so that none are split off
};

// What a part of the data is called in the names of files, folders and arrays.
struct PartName {
  std::string_view name;
  Dataset Splits::*dataset;
};
inline constexpr PartName kPartNames[] = {{"train", &Splits::train},           {"training", &Splits::train},
                                          {"val", &Splits::validation},        {"valid", &Splits::validation},
                                          {"validation", &Splits::validation}, {"test", &Splits::test},
                                          {"testing", &Splits::test}};

extern const SourceKind kPackedFile, kCifarFolder, kCifarArchive, kIdxFiles, kNumpyFolder, kNumpyArchive, kTable,
    kTableFolder, kPictureArchive, kImageFolder;

// Opens a source of this kind, and splits off test data where it does not know its own.
Source OpenAs(const SourceKind& kind, const std::string& path, const DataOptions& options);

// The files that belong to an IDX file of images: its labels, and those of the other parts.
std::vector<std::string> FilesOfIdx(const std::string& path);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_SOURCE_KINDS_H_
