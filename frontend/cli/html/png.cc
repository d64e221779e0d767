#include "frontend/cli/html/png.h"

#include <zlib.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "frontend/cli/html/markup.h"
#include "ir/check.h"

namespace brine::cli {
namespace {

void AppendBigEndian(std::string& out, uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(number >> shift & 0xff));
}

// Length, type, data, and the CRC of type and data (PNG specification, section 5.3).
void AppendChunk(std::string& out, absl::string_view type, absl::string_view data) {
  AppendBigEndian(out, static_cast<uint32_t>(data.size()));
  const std::string body = absl::StrCat(type, data);
  absl::StrAppend(&out, body);
  AppendBigEndian(out, static_cast<uint32_t>(
                           crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}

}  // namespace

std::string EncodePng(const Picture& picture) {
  const size_t row = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.channels);
  BRINE_CHECK(picture.pixels.size() == row * static_cast<size_t>(picture.height));
  std::string filtered;  // each row begins with the number of its filter, 0 for none
  for (int y = 0; y < picture.height; ++y) {
    filtered.push_back(0);
    filtered.append(reinterpret_cast<const char*>(picture.pixels.data()) + static_cast<size_t>(y) * row, row);
  }
  uLongf size = compressBound(filtered.size());
  std::string packed(size, '\0');
  const int code = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                             reinterpret_cast<const Bytef*>(filtered.data()), filtered.size(), Z_DEFAULT_COMPRESSION);
  BRINE_CHECK(code == Z_OK);
  packed.resize(size);

  std::string header;
  AppendBigEndian(header, static_cast<uint32_t>(picture.width));
  AppendBigEndian(header, static_cast<uint32_t>(picture.height));
  const char color = picture.channels == 1 ? 0 : picture.channels == 3 ? 2 : 6;
  header.append({8, color, 0, 0, 0});  // bits a channel, colour type, and the only compression, filters, interlacing
  std::string out("\x89PNG\r\n\x1a\n", 8);
  AppendChunk(out, "IHDR", header);
  AppendChunk(out, "IDAT", packed);
  AppendChunk(out, "IEND", "");
  return out;
}

std::string WriteImage(const Picture& picture, int scale, absl::string_view description) {
  return absl::StrCat("<img class=\"pixels\" width=\"", picture.width * scale, "\" height=\"", picture.height * scale,
                      "\" alt=\"", Escaped(description), "\" src=\"data:image/png;base64,",
                      absl::Base64Escape(EncodePng(picture)), "\">");
}

}  // namespace brine::cli
