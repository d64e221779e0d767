#include "frontend/data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace brine {
namespace {

// For each new pixel along an axis: the first of the old pixels that count, and their weights, whose sum is 1.
struct Taps {
  struct Range {
    int64_t first, count;
  };
  std::vector<Range> ranges;
  std::vector<float> weights;  // `stride` for each new pixel
  int64_t stride = 0;

  const float* of(int64_t pixel) const { return weights.data() + pixel * stride; }
};

// The weights that make the old pixels from `begin` to `begin + extent` to `count` new ones.  `size` is the number of
// old pixels along the axis.
Taps MakeTaps(int64_t size, double begin, double extent, int64_t count) {
  const double scale = extent / static_cast<double>(count), support = std::max(scale, 1.0);
  Taps taps;
  taps.stride = 2 * static_cast<int64_t>(std::ceil(support)) + 1;
  taps.ranges.resize(static_cast<size_t>(count));
  taps.weights.resize(static_cast<size_t>(count * taps.stride));
  for (int64_t pixel = 0; pixel < count; ++pixel) {
    const double centre = begin + (static_cast<double>(pixel) + 0.5) * scale;
    const auto first = std::max<int64_t>(static_cast<int64_t>(centre - support + 0.5), 0);
    const auto end = std::min<int64_t>(static_cast<int64_t>(centre + support + 0.5), size);
    float* const weights = taps.weights.data() + pixel * taps.stride;
    double sum = 0;
    for (int64_t old = first; old < end; ++old)
      sum += std::max(0.0, 1 - std::abs((static_cast<double>(old) + 0.5 - centre) / support));
    for (int64_t old = first; old < end; ++old)
      weights[old - first] =
          static_cast<float>(std::max(0.0, 1 - std::abs((static_cast<double>(old) + 0.5 - centre) / support)) / sum);
    taps.ranges[static_cast<size_t>(pixel)] = {first, end - first};
  }
  return taps;
}

// Adds `weight` times the bytes of a row.
void AddRow(const uint8_t* __restrict row, float weight, int64_t count, float* __restrict sums) {
  for (int64_t index = 0; index < count; ++index) sums[index] += weight * row[index];
}

// Makes the pixels of a new row from the sums of old ones.
template <int channels>
void ResizeRow(const float* __restrict sums, const Taps& taps, int64_t count, uint8_t* __restrict row) {
  for (int64_t pixel = 0; pixel < count; ++pixel) {
    const Taps::Range range = taps.ranges[static_cast<size_t>(pixel)];
    const float *from = sums + range.first * channels, *weights = taps.of(pixel);
    float values[channels] = {};
    for (int64_t tap = 0; tap < range.count; ++tap) {
      for (int channel = 0; channel < channels; ++channel) values[channel] += weights[tap] * *from++;
    }
    for (const float value : values) *row++ = static_cast<uint8_t>(std::clamp(value + 0.5f, 0.0f, 255.0f));
  }
}

}  // namespace

ResizePlan PlanResize(int64_t height, int64_t width, int64_t target_height, int64_t target_width, Resize mode) {
  const auto h = static_cast<double>(height), w = static_cast<double>(width),
             scale_y = static_cast<double>(target_height) / h, scale_x = static_cast<double>(target_width) / w;
  ResizePlan plan = {0, 0, h, w, target_height, target_width};
  if (mode == Resize::kFit) {
    const double scale = std::min(scale_y, scale_x);
    plan.new_height = std::clamp<int64_t>(std::llround(h * scale), 1, target_height);
    plan.new_width = std::clamp<int64_t>(std::llround(w * scale), 1, target_width);
  } else if (mode == Resize::kCrop) {
    const double scale = std::max(scale_y, scale_x);
    plan.height = std::min(h, static_cast<double>(target_height) / scale);
    plan.width = std::min(w, static_cast<double>(target_width) / scale);
    plan.top = (h - plan.height) / 2;
    plan.left = (w - plan.width) / 2;
  }
  return plan;
}

Picture ResizePicture(const Picture& picture, const ResizePlan& plan) {
  const int64_t row_elements = picture.width * picture.channels;
  const Taps rows = MakeTaps(picture.height, plan.top, plan.height, plan.new_height),
             columns = MakeTaps(picture.width, plan.left, plan.width, plan.new_width);
  Picture resized = {plan.new_height, plan.new_width, picture.channels, {}};
  resized.pixels.resize(static_cast<size_t>(resized.height * resized.width * resized.channels));
  std::vector<float> sums(static_cast<size_t>(row_elements));
  const auto resize_row = picture.channels == 1 ? ResizeRow<1> : ResizeRow<3>;
  for (int64_t y = 0; y < resized.height; ++y) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    const Taps::Range range = rows.ranges[static_cast<size_t>(y)];
    for (int64_t tap = 0; tap < range.count; ++tap)
      AddRow(picture.pixels.data() + (range.first + tap) * row_elements, rows.of(y)[tap], row_elements, sums.data());
    resize_row(sums.data(), columns, resized.width, resized.pixels.data() + y * resized.width * resized.channels);
  }
  return resized;
}

Picture PlaceOnBackground(const Picture& picture, int64_t height, int64_t width, std::array<uint8_t, 3> background) {
  Picture placed = {height, width, picture.channels, {}};
  placed.pixels.resize(static_cast<size_t>(height * width * picture.channels));
  for (size_t index = 0; index < placed.pixels.size(); ++index)
    placed.pixels[index] = background[index % static_cast<size_t>(picture.channels)];
  const int64_t top = (height - picture.height) / 2, left = (width - picture.width) / 2;
  const auto row_bytes = static_cast<size_t>(picture.width * picture.channels);
  for (int64_t y = 0; y < picture.height; ++y)
    std::memcpy(placed.pixels.data() + ((top + y) * width + left) * picture.channels,
                picture.pixels.data() + static_cast<size_t>(y) * row_bytes, row_bytes);
  return placed;
}

}  // namespace brine
