#include "frontend/data/codecs.h"

namespace brine {
namespace {

// A block of TIFF (revision 6.0, section 2), whose numbers are in the order of its first two bytes.
class Tiff {
 public:
  explicit Tiff(Bytes bytes) : bytes_(bytes), big_endian_(!bytes.empty() && bytes[0] == 'M') {}

  // The number of `count` bytes at an offset; 0 beyond the end.
  uint32_t Number(size_t offset, size_t count) const {
    if (offset > bytes_.size() || count > bytes_.size() - offset) return 0;
    uint32_t number = 0;
    for (size_t index = 0; index < count; ++index)
      number = number << 8 | bytes_[offset + (big_endian_ ? index : count - 1 - index)];
    return number;
  }

 private:
  Bytes bytes_;
  bool big_endian_;
};

}  // namespace

int ExifOrientation(Bytes bytes) {
  constexpr uint32_t kMagic = 42, kOrientation = 0x112, kShort = 3;
  constexpr size_t kEntryBytes = 12;
  if (bytes.size() < 8 || bytes[0] != bytes[1] || (bytes[0] != 'I' && bytes[0] != 'M')) return 1;
  const Tiff tiff(bytes);
  if (tiff.Number(2, 2) != kMagic) return 1;
  const size_t directory = tiff.Number(4, 4);
  const uint32_t entries = tiff.Number(directory, 2);
  for (uint32_t index = 0; index < entries; ++index) {
    const size_t entry = directory + 2 + kEntryBytes * index;  // tag, type, count, value
    if (tiff.Number(entry, 2) != kOrientation || tiff.Number(entry + 2, 2) != kShort) continue;
    const uint32_t orientation = tiff.Number(entry + 8, 2);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  }
  return 1;
}

}  // namespace brine
