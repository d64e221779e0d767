// The files in a folder and in the folders in it.
#ifndef BRINE_FRONTEND_DATA_FOLDER_FILES_H_
#define BRINE_FRONTEND_DATA_FOLDER_FILES_H_

#include <string>
#include <string_view>
#include <vector>

namespace brine {

// Whether a part of the path is hidden, or is one that an operating system leaves in folders and archives.
bool IsHidden(std::string_view path);

struct FolderFile {
  std::string path;
  bool is_regular;  // or a link to a regular file; others are pipes, sockets, devices and links that lead nowhere
};

// In the order of the bytes of their names, without those that are hidden.  Follows symbolic links, but not into a
// folder that contains them.  Throws Error if a folder cannot be read.
std::vector<FolderFile> FilesInFolder(const std::string& folder);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_FOLDER_FILES_H_
