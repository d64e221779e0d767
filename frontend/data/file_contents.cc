#include "frontend/data/file_contents.h"

#include "runtime/core/file.h"

namespace brine {

FileContents::FileContents(const std::string& path) : read_(nullptr, &std::free) {
  char ignored[1];
  read_.reset(brine_read_file(path.c_str(), kMaxRead, &size_, ignored, sizeof(ignored)));
  // The other files are mapped: larger ones, and those that cannot be read, of which the mapping says why.
  if (read_ == nullptr || size_ == 0) mapped_.emplace(path);
}

}  // namespace brine
