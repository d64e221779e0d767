// jpeglib.h needs what comes before it, and jerror.h needs jpeglib.h.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <csetjmp>
#include <cstring>
#include <string>

#include "frontend/data/codecs.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

constexpr int kMaxScans = 500;  // of a progressive file; more would only cost time
constexpr char kExif[] = "Exif\0";
constexpr size_t kExifBytes = 6;

// libjpeg reports errors by calls that must not return, so that between setjmp and the end of a function there are no
// objects with destructors.
class Decoder {
 public:
  explicit Decoder(Bytes bytes) : bytes_(bytes) {
    jpeg_.err = jpeg_std_error(&errors_);
    errors_.error_exit = OnError;
    errors_.emit_message = OnMessage;
    jpeg_.client_data = this;
  }
  ~Decoder() { jpeg_destroy_decompress(&jpeg_); }
  Decoder(const Decoder&) = delete;

  bool ReadHeader() {
    if (setjmp(jump_) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    jpeg_mem_src(&jpeg_, bytes_.data(), bytes_.size());
    jpeg_save_markers(&jpeg_, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&jpeg_, TRUE);
    return true;
  }
  bool Start(int reduction) {
    if (setjmp(jump_) != 0) return false;
    progress_.progress_monitor = OnProgress;
    jpeg_.progress = &progress_;
    jpeg_.scale_num = 1;
    jpeg_.scale_denom = static_cast<unsigned>(reduction);
    jpeg_.out_color_space = jpeg_.num_components == 1 ? JCS_GRAYSCALE : has_four_inks() ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&jpeg_);
    return true;
  }
  bool ReadRows(uint8_t* pixels, size_t row_bytes) {
    if (setjmp(jump_) != 0) return false;
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = pixels + jpeg_.output_scanline * row_bytes;
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    return true;
  }

  StoredInfo Info() const {
    return {jpeg_.image_height, jpeg_.image_width, jpeg_.num_components == 1 ? 1 : 3, Orientation()};
  }
  Picture Shape() const { return {jpeg_.output_height, jpeg_.output_width, jpeg_.output_components, {}}; }
  bool has_four_inks() const { return jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK; }
  // Whether 255 stands for no ink, as in the files of Adobe's programs.
  bool is_inverted() const { return jpeg_.saw_Adobe_marker != 0; }
  [[noreturn]] void Fail() const {
    throw Error(kExitBadInput, std::string("is a JPEG file that cannot be decoded: ") + error_);
  }

 private:
  bool has_several_scans() const { return jpeg_.progressive_mode != 0 || jpeg_.comps_in_scan < jpeg_.num_components; }
  static Decoder& Self(j_common_ptr jpeg) { return *static_cast<Decoder*>(jpeg->client_data); }
  [[noreturn]] static void Stop(j_common_ptr jpeg) { std::longjmp(Self(jpeg).jump_, 1); }
  [[noreturn]] static void OnError(j_common_ptr jpeg) {
    char message[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, message);
    std::snprintf(Self(jpeg).error_, sizeof(error_), "%s", message);
    Stop(jpeg);
  }
  // libjpeg goes on after a warning.  Those that mean that pixels are missing or wrong are errors here.
  static void OnMessage(j_common_ptr jpeg, int level) {
    if (level >= 0) return;
    switch (jpeg->err->msg_code) {
      case JWRN_JPEG_EOF:
        // Of a file with one scan, only the marker of its end may be missing; if data are, another warning follows.
        if (!Self(jpeg).has_several_scans()) return;
        break;
      case JWRN_HIT_MARKER:
      case JWRN_HUFF_BAD_CODE:
      case JWRN_ARITH_BAD_CODE:
      case JWRN_MUST_RESYNC:
        break;
      default:
        return;
    }
    OnError(jpeg);
  }
  static void OnProgress(j_common_ptr jpeg) {
    Decoder& self = Self(jpeg);
    if (self.jpeg_.input_scan_number <= kMaxScans) return;
    std::snprintf(self.error_, sizeof(error_), "it has more than %d scans", kMaxScans);
    Stop(jpeg);
  }

  int Orientation() const {
    for (jpeg_saved_marker_ptr marker = jpeg_.marker_list; marker != nullptr; marker = marker->next) {
      const Bytes data(marker->data, marker->data_length);
      if (data.size() >= kExifBytes && std::memcmp(data.data(), kExif, kExifBytes) == 0)
        return ExifOrientation(data.subspan(kExifBytes));
    }
    return 1;
  }

  const Bytes bytes_;
  jpeg_decompress_struct jpeg_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_progress_mgr progress_ = {};
  std::jmp_buf jump_;
  char error_[JMSG_LENGTH_MAX] = "";
};

// Cyan, magenta, yellow and black as red, green and blue: the product of the shares of light that ink and black leave.
Picture FromInks(const Picture& inks, bool is_inverted) {
  Picture picture = {inks.height, inks.width, 3, {}};
  picture.pixels.resize(inks.pixels.size() / 4 * 3);
  const int mask = is_inverted ? 0 : 255;
  uint8_t* to = picture.pixels.data();
  for (const uint8_t *from = inks.pixels.data(), *end = from + inks.pixels.size(); from < end; from += 4) {
    for (int ink = 0; ink < 3; ++ink) *to++ = static_cast<uint8_t>(((from[ink] ^ mask) * (from[3] ^ mask) + 127) / 255);
  }
  return picture;
}

}  // namespace

StoredInfo JpegInfo(Bytes bytes) {
  Decoder decoder(bytes);
  if (!decoder.ReadHeader()) decoder.Fail();
  return decoder.Info();
}

Picture DecodeJpeg(Bytes bytes, int reduction) {
  Decoder decoder(bytes);
  if (!decoder.ReadHeader() || !decoder.Start(reduction)) decoder.Fail();
  Picture picture = decoder.Shape();
  const auto row_bytes = static_cast<size_t>(picture.width * picture.channels);
  picture.pixels.resize(static_cast<size_t>(picture.height) * row_bytes);
  if (!decoder.ReadRows(picture.pixels.data(), row_bytes)) decoder.Fail();
  return decoder.has_four_inks() ? FromInks(picture, decoder.is_inverted()) : picture;
}

}  // namespace brine
