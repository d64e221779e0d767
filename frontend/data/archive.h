// The files in an archive: a tar, a tar packed by gzip, or a zip, which is what .npz is.
#ifndef BRINE_FRONTEND_DATA_ARCHIVE_H_
#define BRINE_FRONTEND_DATA_ARCHIVE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "frontend/data/inflate.h"
#include "frontend/data/temporary_file.h"
#include "runtime/trainer/mapped_file.h"

namespace brine {

struct ArchiveEntry {
  std::string name;                // a path in the archive, without ./ at its beginning
  std::span<const uint8_t> bytes;  // may be empty
  std::string fault = {};          // why the entry has no bytes, such as a link to a file that is not in the archive
};

// Maps an archive.  What is packed is unpacked into a temporary file, which is mapped, too.
class Archive {
 public:
  // The form follows from the first bytes of the file, and not from its name.  `max_bytes` limits what is unpacked.
  // Throws Error whose sentence names the file and the entry.
  explicit Archive(const std::string& path, int64_t max_bytes = kMaxUnpackedBytes);

  // All but the folders, in the archive's order.  They live as long as the archive.
  const std::vector<ArchiveEntry>& entries() const { return entries_; }

 private:
  MappedFile file_;
  TemporaryFile unpacked_;
  std::vector<ArchiveEntry> entries_;
};

// The entries of a tar with these bytes (POSIX.1-1988 "ustar", the paths and sizes of POSIX.1-2001 "pax", and GNU's
// long names).  Links have the bytes of the entries to which they lead.  `path` names the tar in messages.
std::vector<ArchiveEntry> ReadTar(const std::string& path, std::span<const uint8_t> bytes);

// The files of a zip with these bytes: stored or deflated entries, also with zip64's sizes, whose CRC-32 is checked.
// Entries that overlap are refused.  Deflated ones are appended to `unpacked`.
std::vector<ArchiveEntry> ReadZip(const std::string& path, std::span<const uint8_t> bytes, int64_t max_bytes,
                                  TemporaryFile& unpacked);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_ARCHIVE_H_
