#include "frontend/data/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "frontend/data/bad_input.h"

namespace brine {
namespace {

constexpr int64_t kMaxRatio = 500, kAnyRatioBytes = int64_t{128} << 20;
constexpr size_t kMaxInput = size_t{1} << 30;  // of one call of zlib, which counts in 32 bits

bool AreZeros(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace

bool IsGzip(std::span<const uint8_t> bytes) { return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b; }

void CheckRatio(const std::string& place, int64_t packed, int64_t unpacked) {
  if (unpacked > kAnyRatioBytes && unpacked / kMaxRatio > packed)
    BadInput(place, "unpacks to more than " + std::to_string(kMaxRatio) + " times its size, as no data do");
}

// zlib's state, which is released on all paths.
struct Inflater::State {
  explicit State(DeflateForm form) {
    // Of window bits, + 16 stands for gzip, and a negative number for a raw stream.
    if (inflateInit2(&stream, form == DeflateForm::kGzip ? 15 + 16 : -15) != Z_OK)
      throw Error(kExitFailed, "there is no memory to unpack data");
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { inflateEnd(&stream); }

  z_stream stream = {};
  std::vector<uint8_t> piece = std::vector<uint8_t>(size_t{1} << 18);  // what was unpacked last
};

Inflater::Inflater(DeflateForm form) : form_(form), state_(std::make_unique<State>(form)) {}
Inflater::~Inflater() = default;

void Inflater::Unpack(const std::string& place, std::span<const uint8_t> packed, int64_t max_bytes,
                      TemporaryFile& target) {
  z_stream& stream = state_->stream;
  std::vector<uint8_t>& piece = state_->piece;
  inflateReset(&stream);
  std::span<const uint8_t> rest = packed;
  for (int64_t unpacked = 0;;) {
    const size_t input = std::min(rest.size(), kMaxInput);
    stream.next_in = const_cast<uint8_t*>(rest.data());
    stream.avail_in = static_cast<uInt>(input);
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    const size_t output = piece.size() - stream.avail_out;
    rest = rest.subspan(input - stream.avail_in);
    unpacked += static_cast<int64_t>(output);
    if (unpacked > max_bytes) BadInput(place, "unpacks to more than " + std::to_string(max_bytes) + " bytes");
    CheckRatio(place, static_cast<int64_t>(packed.size() - rest.size()), unpacked);
    target.Append(std::span(piece).first(output));
    if (result == Z_STREAM_END) {
      if (form_ == DeflateForm::kGzip && IsGzip(rest)) {
        inflateReset(&stream);
        continue;
      }
      if (!AreZeros(rest)) BadInput(place, "goes on with other bytes after the end of what is packed");
      return;
    }
    if (result == Z_BUF_ERROR) BadInput(place, "ends before what is packed does");
    if (result != Z_OK) BadInput(place, "is damaged: it cannot be unpacked");
  }
}

void Inflate(const std::string& place, std::span<const uint8_t> packed, DeflateForm form, int64_t max_bytes,
             TemporaryFile& target) {
  Inflater(form).Unpack(place, packed, max_bytes, target);
}

FileBytes MapUnpacked(const std::string& path) {
  FileBytes file = MapFile(path);
  if (!IsGzip(file.bytes) && path.ends_with(".gz")) BadInput(path, "is not a file of gzip");
  if (!IsGzip(file.bytes)) return file;
  const auto unpacked = std::make_shared<TemporaryFile>();
  Inflate(path, file.bytes, DeflateForm::kGzip, kMaxUnpackedBytes, *unpacked);
  if (unpacked->size() == 0) BadInput(path, "is empty when it is unpacked");
  return {path, unpacked->Map(), unpacked};
}

}  // namespace brine
