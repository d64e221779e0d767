#include "runtime/trainer/drawn_shapes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "runtime/core/philox.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

constexpr int64_t kLargestDrawn = 32, kMaxBytes = 256'000'000, kMaxImages = 12000, kMinImages = 300;
// The number of images is a multiple of kUnit.  Five sixths are to train on.  Both parts are then multiples of ten, so
// that each begins with the first class and has all classes equally often.
constexpr int64_t kUnit = 60;
static_assert(kMaxImages % kUnit == 0 && kMinImages % kUnit == 0);

// Signed distances, in pixels, of the point (x, y) from the edge of a shape of radius r; negative inside.  The origin
// is the middle of the shape, and the axes turn with it.
float Disc(float x, float y, float r) { return std::sqrt(x * x + y * y) - r; }
float Ring(float x, float y, float r) { return std::abs(std::sqrt(x * x + y * y) - 0.76f * r) - 0.24f * r; }
float Box(float x, float y, float r) { return std::max(std::abs(x), std::abs(y)) - r; }
float Square(float x, float y, float r) { return Box(x, y, 0.85f * r); }
float Frame(float x, float y, float r) { return std::abs(Box(x, y, 0.65f * r)) - 0.22f * r; }
float Triangle(float x, float y, float r) { return std::max(y, 0.8660254f * std::abs(x) - 0.5f * y) - 0.5f * r; }
float Plus(float x, float y, float r) {
  const float across = std::min(std::abs(x), std::abs(y)), along = std::max(std::abs(x), std::abs(y));
  return std::max(across - 0.24f * r, along - r);
}
float Cross(float x, float y, float r) { return Plus(0.7071068f * (x + y), 0.7071068f * (x - y), r); }
// Reflections map the plane to one half of one of the star's five points, where the edge is a straight line.
float Star(float x, float y, float r) {
  constexpr float kCos = 0.80901699f, kSin = 0.58778525f;  // of 36 degrees
  constexpr float kInner = 0.42f;                          // the radius of the inner corners, as a share of r
  x = std::abs(x);
  float over = std::max(kCos * x - kSin * y, 0.0f);
  x -= 2 * over * kCos;
  y += 2 * over * kSin;
  over = std::max(-kCos * x - kSin * y, 0.0f);
  x = std::abs(x + 2 * over * kCos);
  y += 2 * over * kSin - r;
  const float edge_x = kInner * kSin, edge_y = kInner * kCos - 1;
  return (y * edge_x - x * edge_y) / std::sqrt(edge_x * edge_x + edge_y * edge_y);
}
// The signed distance from the nearest edge of bands that are half a period wide; negative in every second band.
float BandDistance(float x, float period) {
  const float turns = x / period + 64, phase = turns - static_cast<float>(static_cast<int>(turns));
  return (std::abs(phase - 0.5f) - 0.25f) * period;
}
float Stripes(float x, float y, float r) { return std::max(Box(x, y, 0.95f * r), BandDistance(x, 0.62f * r)); }
float Checker(float x, float y, float r) {
  const float a = BandDistance(x + 0.23f * r, 0.92f * r), b = BandDistance(y + 0.23f * r, 0.92f * r),
              edge = std::min(std::abs(a), std::abs(b));
  return std::max(Box(x, y, 0.92f * r), a * b > 0 ? edge : -edge);
}

struct Class {
  const char* name;
  float (*distance)(float x, float y, float r);
  float max_turn;  // the angle is a random number of ± this many radians
};
// A cross that is turned by 45 degrees is a plus, so that these two are turned by at most 15 degrees.
constexpr float kFree = std::numbers::pi_v<float>, kSlight = 0.26f;
constexpr Class kClasses[] = {{"disc", Disc, kFree},      {"ring", Ring, kFree},         {"square", Square, kFree},
                              {"frame", Frame, kFree},    {"triangle", Triangle, kFree}, {"cross", Cross, kSlight},
                              {"plus", Plus, kSlight},    {"star", Star, kFree},         {"stripes", Stripes, kFree},
                              {"checker", Checker, kFree}};

// The random numbers of one image, one after another.
class ImageRandom {
 public:
  ImageRandom(uint64_t seed, uint32_t sample) : seed_(seed), sample_(sample), id_(brine_random_id("shapes")) {}
  float Between(float low, float high) { return low + (high - low) * static_cast<float>((Word() >> 8) * 0x1p-24); }
  uint32_t Below(uint32_t count) { return static_cast<uint32_t>(uint64_t{Word()} * count >> 32); }

 private:
  uint32_t Word() {
    if (used_ % 4 == 0) block_ = brine_philox(seed_, sample_, used_ / 4, id_, 0);
    return block_.word[used_++ % 4];
  }

  uint64_t seed_;
  uint32_t sample_, id_, used_ = 0;
  brine_random block_ = {};
};

struct Size {
  int64_t height, width, channels;
  int64_t bytes() const { return height * width * channels; }
};

void DrawOne(const Size& size, uint64_t seed, uint32_t sample, const Class& kind, uint8_t* pixels) {
  constexpr int64_t kColours = 8;  // a power of two; channels after the eighth repeat these colours
  ImageRandom random(seed, sample);
  const float r = static_cast<float>(std::min(size.height, size.width)) * random.Between(0.24f, 0.42f),
              angle = random.Between(-kind.max_turn, kind.max_turn);
  const float room_y = static_cast<float>(size.height) / 2 - 0.8f * r,
              room_x = static_cast<float>(size.width) / 2 - 0.8f * r;
  const float middle_y = static_cast<float>(size.height - 1) / 2 + room_y * random.Between(-0.8f, 0.8f);
  const float middle_x = static_cast<float>(size.width - 1) / 2 + room_x * random.Between(-0.8f, 0.8f);
  const float cosine = std::cos(angle), sine = std::sin(angle), noise = random.Between(8, 44) / 255;
  const float slope_y = random.Between(-1, 1) / static_cast<float>(size.height),
              slope_x = random.Between(-1, 1) / static_cast<float>(size.width);
  float ink[kColours], paper[kColours], shade[kColours];
  const int64_t colours = std::min(size.channels, kColours);
  for (int64_t colour = 0; colour < colours; ++colour) {
    ink[colour] = random.Between(20, 235);
    paper[colour] = random.Between(20, 235);
    shade[colour] = random.Between(-50, 50);
  }
  // In at least one channel, the shape differs clearly from its background.
  const uint32_t clear_channel = random.Below(static_cast<uint32_t>(colours));
  const float contrast = random.Between(75, 140);
  ink[clear_channel] = paper[clear_channel] + (paper[clear_channel] < 128 ? contrast : -contrast);

  // The image is first filled with noise, 16 bytes for each call of Philox.  Then each pixel is computed from its
  // noise.
  const uint32_t noise_id = brine_random_id("shapes/noise");
  const auto bytes = static_cast<size_t>(size.bytes());
  for (size_t offset = 0; offset < bytes; offset += 16) {
    const brine_random words = brine_philox(seed, static_cast<uint32_t>(offset / 16), sample, noise_id, 0);
    std::memcpy(pixels + offset, words.word, std::min<size_t>(16, bytes - offset));
  }
  for (int64_t row = 0; row < size.height; ++row) {
    for (int64_t column = 0; column < size.width; ++column) {
      const float y = static_cast<float>(row) - middle_y, x = static_cast<float>(column) - middle_x;
      const float cover = std::clamp(0.5f - kind.distance(cosine * x + sine * y, cosine * y - sine * x, r), 0.0f, 1.0f);
      const float light = slope_y * y + slope_x * x;
      for (int64_t channel = 0; channel < size.channels; ++channel, ++pixels) {
        const int64_t colour = channel & (kColours - 1);
        const float back = paper[colour] + light * shade[colour], grain = static_cast<float>(*pixels) - 127.5f;
        *pixels = static_cast<uint8_t>(
            static_cast<int>(std::clamp(back + cover * (ink[colour] - back) + noise * grain, 0.0f, 255.0f)));
      }
    }
  }
}

class ShapesSource : public SampleSource {
 public:
  ShapesSource(Size size, int64_t classes, uint64_t seed, int64_t count)
      : size_(size),
        fields_(ImageFields(size.height, size.width, size.channels)),
        classes_(classes),
        seed_(seed),
        count_(count),
        pixels_(new uint8_t[static_cast<size_t>(count * size.bytes())]) {}

  int64_t size() const override { return count_; }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    auto* pixels = static_cast<uint8_t*>(targets[0]);
    auto* numbers = static_cast<int32_t*>(targets[1]);
    for (int64_t index : indices) {
      pixels = std::copy_n(pixels_.get() + index * size_.bytes(), size_.bytes(), pixels);
      *numbers++ = static_cast<int32_t>(index % classes_);
    }
  }

  void DrawRange(int64_t begin, int64_t count) {
    for (int64_t sample = begin; sample < begin + count; ++sample) {
      DrawOne(size_, seed_, static_cast<uint32_t>(sample), kClasses[sample % classes_],
              pixels_.get() + sample * size_.bytes());
    }
  }

 private:
  Size size_;
  std::vector<Field> fields_;
  int64_t classes_;
  uint64_t seed_;
  int64_t count_;
  std::unique_ptr<uint8_t[]> pixels_;
};

int DrawTask(void*, int32_t task, uint8_t* closure) {
  reinterpret_cast<ShapesSource*>(closure)->DrawRange(task * kUnit, kUnit);
  return 0;
}

// The size at which images are drawn: an integer fraction of the size if this is large, otherwise the size.
Size DrawnSize(const Size& size) {
  int64_t factor = 1;
  for (int64_t divisor = 2;
       std::max(size.height, size.width) / factor > kLargestDrawn && std::min(size.height, size.width) / divisor >= 8;
       ++divisor) {
    if (size.height % divisor == 0 && size.width % divisor == 0) factor = divisor;
  }
  return {size.height / factor, size.width / factor, size.channels};
}

int64_t ImageCount(const Size& drawn) { return std::min(kMaxImages, kMaxBytes / drawn.bytes() / kUnit * kUnit); }

}  // namespace

std::string DrawnShapesFault(int64_t height, int64_t width, int64_t channels) {
  constexpr int64_t kLongestSide = 4096;
  const std::string takes = "the model takes " + std::to_string(height) + "x" + std::to_string(width) + "x" +
                            std::to_string(channels) + "; use --data";
  if (height < 8 || width < 8 || channels < 1 || height > kLongestSide || width > kLongestSide || channels > 64) {
    return "the built-in images are of 8x8 to 4096x4096 and 1 to 64 channels, " + takes;
  }
  if (ImageCount(DrawnSize({height, width, channels})) >= kMinImages) return "";
  return "the built-in images take 256 MB at most, in which fewer than " + std::to_string(kMinImages) +
         " of this size fit: " + takes;
}

Splits DrawShapes(int64_t height, int64_t width, int64_t channels, int64_t classes, uint64_t seed,
                  const brine_backend* backend) {
  if (const std::string fault = DrawnShapesFault(height, width, channels); !fault.empty())
    ThrowError(kExitBadInput, {fault});
  const Size drawn = DrawnSize({height, width, channels});
  const int64_t count = ImageCount(drawn);
  const auto source =
      std::make_shared<ShapesSource>(drawn, std::clamp<int64_t>(classes, 1, std::size(kClasses)), seed, count);
  if (backend == nullptr) {
    source->DrawRange(0, count);
  } else {
    brine_context context = {};
    backend->parallel_for(&context, DrawTask, 0, static_cast<int32_t>(count / kUnit),
                          reinterpret_cast<uint8_t*>(source.get()));
  }
  Dataset all(source);
  for (const Class& kind : kClasses) all.class_names.push_back(kind.name);
  all = all.EnlargedTo(height, width);
  const int64_t train = count / 6 * 5;
  return {all.Slice(0, train), all.Slice(train, count - train)};
}

}  // namespace brine
