// The hash of the files of a source, by which packed data are found again.
#ifndef BRINE_FRONTEND_DATA_CONTENT_HASH_H_
#define BRINE_FRONTEND_DATA_CONTENT_HASH_H_

#include <cstdint>
#include <string>
#include <vector>

namespace brine {

// The 32 hexadecimal digits of a hash of 128 bits.
std::string HashDigits(uint64_t high, uint64_t low);

// A text that changes when a file of the source is written, replaced or renamed: a line for each, with its path
// relative to `source`, its size, its inode and its times.  The time of the last change of its status is one of them,
// since programs may set that of its content back.  Throws Error if a file does not exist.
std::string ListFiles(const std::string& source, const std::vector<std::string>& files);

// Throws Error (kExitFailed) if the files of the source are no longer those of `list`, which ListFiles gave.
void CheckUnchanged(const std::string& source, const std::string& list);

// The XXH3-128 of the relative paths, the sizes and the XXH3-128 of all files, as 32 hexadecimal digits.  `threads` as
// in DataOptions.
std::string HashContents(const std::string& source, const std::vector<std::string>& files, int threads);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_CONTENT_HASH_H_
