// Unpacks what zlib's deflate has packed.
#ifndef BRINE_FRONTEND_DATA_INFLATE_H_
#define BRINE_FRONTEND_DATA_INFLATE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "frontend/data/temporary_file.h"
#include "runtime/trainer/mapped_file.h"

namespace brine {

enum class DeflateForm {
  kGzip,  // files of gzip (RFC 1952), also several one after another
  kRaw    // the streams of a zip (RFC 1951)
};

inline constexpr int64_t kMaxUnpackedBytes = int64_t{1} << 40;  // of one file; the space for it ends before

bool IsGzip(std::span<const uint8_t> bytes);

// Throws Error if so few packed bytes can unpack to so many only because they were made to fill the disk: to more than
// 500 times their number, beyond the first 128 MB.  Deflate reaches 1,032 : 1 on zeros, and data sets stay below.
void CheckRatio(const std::string& place, int64_t packed, int64_t unpacked);

// Unpacks one stream after another with the same memory.
class Inflater {
 public:
  explicit Inflater(DeflateForm form);
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  // As Inflate.
  void Unpack(const std::string& place, std::span<const uint8_t> packed, int64_t max_bytes, TemporaryFile& target);

 private:
  struct State;
  const DeflateForm form_;
  const std::unique_ptr<State> state_;
};

// Appends the unpacked bytes to the target.  `place` names the packed bytes in messages.  Throws Error (kExitBadInput)
// if they are damaged, if the result has more than `max_bytes` bytes, or if it fails CheckRatio.
void Inflate(const std::string& place, std::span<const uint8_t> packed, DeflateForm form, int64_t max_bytes,
             TemporaryFile& target);

// The content of a file, or what it unpacks to if it is one of gzip.
FileBytes MapUnpacked(const std::string& path);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_INFLATE_H_
