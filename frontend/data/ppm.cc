#include <algorithm>
#include <cctype>
#include <string>

#include "frontend/data/codecs.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

[[noreturn]] void Fail(const std::string& what) { throw Error(kExitBadInput, "is a PPM file " + what); }

// Reads the numbers of a file of Netpbm: P2 and P5 are grey, P3 and P6 have colours; P2 and P3 are text.
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {
    const int kind = bytes[1] - '0';
    is_text_ = kind < 4;
    info_.channels = kind % 3 == 0 ? 3 : 1;
    info_.width = HeaderNumber();
    info_.height = HeaderNumber();
    most_ = static_cast<int>(HeaderNumber());
    if (info_.width < 1 || info_.height < 1 || most_ < 1 || most_ > 65535)
      Fail("whose header has numbers out of range");
    ++position_;  // one white space separates the header from binary samples
  }

  const StoredInfo& info() const { return info_; }

  // The next sample, scaled to a byte.
  uint8_t Sample() {
    const int sample = is_text_ ? static_cast<int>(Number()) : BinarySample();
    if (sample > most_) Fail("with a sample above the largest one that its header allows");
    return static_cast<uint8_t>((sample * 255 + most_ / 2) / most_);
  }

  // Whether so many samples can be in the file.
  bool CanHold(int64_t samples) const {
    const auto left = static_cast<int64_t>(bytes_.size() - std::min(bytes_.size(), position_));
    return left >= (is_text_ ? 2 * samples - 1 : most_ > 255 ? 2 * samples : samples);
  }

 private:
  int64_t HeaderNumber() {
    const int64_t number = Number();
    if (position_ >= bytes_.size()) Fail("that ends within its header");
    return number;
  }

  // The next number of text, after white space and comments.
  int64_t Number() {
    while (position_ < bytes_.size() && (std::isspace(bytes_[position_]) != 0 || bytes_[position_] == '#')) {
      if (bytes_[position_] == '#') {
        while (position_ < bytes_.size() && bytes_[position_] != '\n') ++position_;
      } else {
        ++position_;
      }
    }
    const size_t begin = position_;
    int64_t number = 0;
    for (; position_ < bytes_.size() && std::isdigit(bytes_[position_]) != 0; ++position_) {
      number = 10 * number + (bytes_[position_] - '0');
      if (number > INT32_MAX) Fail("with a number out of range");
    }
    if (position_ == begin) Fail("where a number is missing");
    return number;
  }

  int BinarySample() {
    const size_t bytes = most_ > 255 ? 2 : 1;
    if (bytes > bytes_.size() - position_) Fail("that ends too early");
    const int sample = bytes == 1 ? bytes_[position_] : bytes_[position_] << 8 | bytes_[position_ + 1];
    position_ += bytes;
    return sample;
  }

  const Bytes bytes_;
  size_t position_ = 2;
  bool is_text_ = false;
  StoredInfo info_;
  int most_ = 0;  // the largest sample
};

}  // namespace

StoredInfo PpmInfo(Bytes bytes) { return Reader(bytes).info(); }

Picture DecodePpm(Bytes bytes, int) {
  Reader reader(bytes);
  const StoredInfo& info = reader.info();
  const int64_t samples = info.height * info.width * info.channels;
  if (!reader.CanHold(samples)) Fail("that ends too early");
  Picture picture = {info.height, info.width, info.channels, std::vector<uint8_t>(static_cast<size_t>(samples))};
  for (uint8_t& sample : picture.pixels) sample = reader.Sample();
  return picture;
}

}  // namespace brine
