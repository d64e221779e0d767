// Recognizes pictures by their first bytes.
#ifndef BRINE_RUNTIME_TRAINER_PICTURE_KIND_H_
#define BRINE_RUNTIME_TRAINER_PICTURE_KIND_H_

#include <cstdint>
#include <cstring>
#include <span>

namespace brine {

enum class PictureKind : uint8_t { kNone, kPng, kJpeg, kWebp, kBmp, kPpm };

inline PictureKind PictureKindOf(std::span<const uint8_t> bytes) {
  const auto has = [&](size_t at, const char* text) {
    const size_t size = std::strlen(text);
    return bytes.size() >= at + size && std::memcmp(bytes.data() + at, text, size) == 0;
  };
  if (has(0, "\x89PNG\r\n\x1a\n")) return PictureKind::kPng;
  if (has(0, "\xff\xd8\xff")) return PictureKind::kJpeg;
  if (has(0, "RIFF") && has(8, "WEBP")) return PictureKind::kWebp;
  if (has(0, "BM")) return PictureKind::kBmp;
  for (const char* magic : {"P2", "P3", "P5", "P6"}) {
    if (has(0, magic) && bytes.size() > 2 && std::memchr(" \t\r\n#", bytes[2], 5) != nullptr) return PictureKind::kPpm;
  }
  return PictureKind::kNone;
}

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_PICTURE_KIND_H_
