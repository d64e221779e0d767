#include "frontend/data/archive.h"

#include "frontend/data/bad_input.h"
#include "frontend/data/inflate.h"

namespace brine {
namespace {

bool IsZip(std::span<const uint8_t> bytes) {
  // A file that begins with the second form has no entries.
  return bytes.size() >= 4 && bytes[0] == 'P' && bytes[1] == 'K' &&
         ((bytes[2] == 3 && bytes[3] == 4) || (bytes[2] == 5 && bytes[3] == 6));
}

}  // namespace

Archive::Archive(const std::string& path, int64_t max_bytes) : file_(path) {
  if (IsZip(file_.bytes())) {
    entries_ = ReadZip(path, file_.bytes(), max_bytes, unpacked_);
  } else if (IsGzip(file_.bytes())) {
    Inflate(path, file_.bytes(), DeflateForm::kGzip, max_bytes, unpacked_);
    entries_ = ReadTar(path, unpacked_.Map());
  } else {
    entries_ = ReadTar(path, file_.bytes());
  }
}

}  // namespace brine
