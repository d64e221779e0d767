#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "frontend/data/codecs.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

constexpr size_t kSignature = 8, kChunkFrame = 12;  // a chunk has its length, its type and a checksum around its data

uint32_t BigEndian(Bytes bytes, size_t offset) {
  return uint32_t{bytes[offset]} << 24 | uint32_t{bytes[offset + 1]} << 16 | uint32_t{bytes[offset + 2]} << 8 |
         bytes[offset + 3];
}

// The data of the first chunk of this type; empty if there is none.
Bytes FindChunk(Bytes file, const char* type) {
  for (size_t at = kSignature; at + kChunkFrame <= file.size();) {
    const size_t length = BigEndian(file, at);
    if (length > file.size() - at - kChunkFrame) return {};
    if (std::memcmp(file.data() + at + 4, type, 4) == 0) return file.subspan(at + 8, length);
    at += length + kChunkFrame;
  }
  return {};
}

// libpng reports errors by a jump, so that between setjmp and the end of a function there are no objects with
// destructors.
class Decoder {
 public:
  explicit Decoder(Bytes bytes) : bytes_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, OnError, OnWarning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) throw std::bad_alloc();
  }
  ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Decoder(const Decoder&) = delete;

  // Reads what comes before the pixels, and asks for bytes without a palette.
  bool Begin() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, this, OnRead);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the size has been checked
    png_read_info(png_, info_);
    png_set_expand(png_);  // palettes, less than 8 bits, transparent colours
    png_set_scale_16(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }
  bool ReadRows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

  Picture Shape() const {
    return {png_get_image_height(png_, info_), png_get_image_width(png_, info_), png_get_channels(png_, info_), {}};
  }
  [[noreturn]] void Fail() const {
    throw Error(kExitBadInput, std::string("is a PNG file that cannot be decoded: ") + error_);
  }

 private:
  static Decoder& Self(png_structp png) { return *static_cast<Decoder*>(png_get_error_ptr(png)); }
  [[noreturn]] static void OnError(png_structp png, png_const_charp message) {
    std::snprintf(Self(png).error_, sizeof(error_), "%s", message);
    png_longjmp(png, 1);
  }
  static void OnWarning(png_structp, png_const_charp) {}
  static void OnRead(png_structp png, png_bytep target, png_size_t count) {
    Decoder& self = Self(png);
    if (count > self.bytes_.size() - self.position_) png_error(png, "it ends too early");
    std::memcpy(target, self.bytes_.data() + self.position_, count);
    self.position_ += count;
  }

  const Bytes bytes_;
  size_t position_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char error_[200] = "";
};

}  // namespace

StoredInfo PngInfo(Bytes bytes) {
  const Bytes header = FindChunk(bytes, "IHDR");
  if (header.size() != 13) throw Error(kExitBadInput, "is a PNG file without a header");
  const bool is_grey = (header[9] & PNG_COLOR_MASK_COLOR) == 0;
  return {BigEndian(header, 4), BigEndian(header, 0), is_grey ? 1 : 3, ExifOrientation(FindChunk(bytes, "eXIf"))};
}

Picture DecodePng(Bytes bytes, int) {
  Decoder decoder(bytes);
  if (!decoder.Begin()) decoder.Fail();
  Picture picture = decoder.Shape();
  const auto row_bytes = static_cast<size_t>(picture.width * picture.channels);
  picture.pixels.resize(static_cast<size_t>(picture.height) * row_bytes);
  std::vector<png_bytep> rows(static_cast<size_t>(picture.height));
  for (size_t row = 0; row < rows.size(); ++row) rows[row] = picture.pixels.data() + row * row_bytes;
  if (!decoder.ReadRows(rows.data())) decoder.Fail();
  return picture;
}

}  // namespace brine
