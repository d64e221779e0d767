// The hash of the files of a source, by which packed data are found again.
#ifndef BRINE_FRONTEND_DATA_CONTENT_HASH_H_
#define BRINE_FRONTEND_DATA_CONTENT_HASH_H_

#include <string>
#include <vector>

namespace brine {

// A text that changes when the names, sizes or times of the files do: a line for each, with its path relative to
// `source`.  Throws Error if a file does not exist.
std::string ListFiles(const std::string& source, const std::vector<std::string>& files);

// The XXH3-128 of the relative paths and the contents of all files, as 32 hexadecimal digits.
std::string HashContents(const std::string& source, const std::vector<std::string>& files);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_CONTENT_HASH_H_
