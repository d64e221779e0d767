#include "codegen/driver/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "ir/check.h"

namespace brine::codegen {
namespace {

constexpr int kGzipForm = 15 + 16;  // the largest window, and gzip's header

Bytef* BytesOf(absl::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

}  // namespace

std::string Gzip(absl::string_view text) {
  z_stream stream = {};
  BRINE_CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipForm, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = BytesOf(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = BytesOf(packed);
  stream.avail_out = static_cast<uInt>(packed.size());
  BRINE_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::optional<std::string> Gunzip(absl::string_view packed, size_t most_bytes) {
  z_stream stream = {};
  if (inflateInit2(&stream, kGzipForm) != Z_OK) return {};
  stream.next_in = BytesOf(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  int status = Z_OK;
  while (status == Z_OK && text.size() < most_bytes) {
    const size_t done = text.size();
    text.resize(done + std::min(most_bytes - done, size_t{1} << 20));
    stream.next_out = BytesOf(text) + done;
    stream.avail_out = static_cast<uInt>(text.size() - done);
    status = inflate(&stream, Z_NO_FLUSH);
    text.resize(text.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return {};
  return text;
}

}  // namespace brine::codegen
