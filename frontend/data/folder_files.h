// The files in a folder and in the folders in it.
#ifndef BRINE_FRONTEND_DATA_FOLDER_FILES_H_
#define BRINE_FRONTEND_DATA_FOLDER_FILES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace brine {

// Whether a part of the path is hidden, or is one that an operating system leaves in folders and archives.
bool IsHidden(std::string_view path);

enum class FolderItem : uint8_t {
  kFile,    // a regular file, or a link to one
  kFolder,  // or a link to one
  kOther    // pipes, sockets, devices and links that lead nowhere
};
using FolderVisitor = std::function<void(const std::string& path, FolderItem kind)>;

// Calls `visit` with what is in the folder and in the folders in it, but not with what is hidden.  Each folder comes
// before what is in it, and its items come in the order of the bytes of their names.  Follows symbolic links, but not
// into a folder that contains them.  Throws Error if a folder cannot be read.
void VisitFolder(const std::string& folder, const FolderVisitor& visit);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_FOLDER_FILES_H_
