#include "runtime/trainer/sample_picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/trainer/base64.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/read_sample.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

// The size of the image that a field holds; all zero if it holds none that can be shown.
ImageSize SizeOf(const brine_program& program, const Field& field) {
  if (field.label) return {};
  ImageSize size = {field.height, field.width, field.channels};
  if (size.height == 0) size = InputImage(program);
  const bool fits = size.height * size.width * size.channels == field.elements;
  return fits && (size.channels == 1 || size.channels == 3) ? size : ImageSize();
}

double ElementOf(const std::vector<uint8_t>& bytes, ElementType type, size_t index) {
  if (type == ElementType::kByte) return bytes[index];
  if (type == ElementType::kReal) {
    float number;
    std::memcpy(&number, bytes.data() + 4 * index, sizeof(number));
    return double{number};
  }
  int32_t number;
  std::memcpy(&number, bytes.data() + 4 * index, sizeof(number));
  return number;
}

// The numbers of an image in a smaller one, in which a pixel is the mean of factor × factor pixels, or of as many as
// there are at the lower and the right edge.
std::vector<double> Shrunk(const std::vector<uint8_t>& bytes, ElementType type, const ImageSize& from,
                           const ImageSize& to, int64_t factor) {
  std::vector<double> means;
  for (int64_t y = 0; y < to.height; ++y) {
    for (int64_t x = 0; x < to.width; ++x) {
      const int64_t bottom = std::min((y + 1) * factor, from.height), right = std::min((x + 1) * factor, from.width);
      for (int64_t channel = 0; channel < to.channels; ++channel) {
        double sum = 0;
        for (int64_t row = y * factor; row < bottom; ++row) {
          for (int64_t column = x * factor; column < right; ++column)
            sum += ElementOf(bytes, type, static_cast<size_t>((row * from.width + column) * from.channels + channel));
        }
        means.push_back(sum / static_cast<double>((bottom - y * factor) * (right - x * factor)));
      }
    }
  }
  return means;
}

std::vector<uint8_t> ToBytes(const std::vector<double>& numbers, ElementType type) {
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  const double offset = type == ElementType::kByte ? 0 : *least;
  const double range = type == ElementType::kByte ? 255 : *most - *least;
  std::vector<uint8_t> bytes;
  for (const double number : numbers)
    bytes.push_back(static_cast<uint8_t>(range > 0 ? std::lround(255 * (number - offset) / range) : 0));
  return bytes;
}

}  // namespace

Picture PictureOf(const brine_program& program, const Dataset& data, int64_t sample) {
  for (size_t index = 0; index < data.fields().size(); ++index) {
    const Field& field = data.fields()[index];
    const ImageSize from = SizeOf(program, field);
    if (from.height == 0) continue;
    const int64_t factor = (std::max(from.height, from.width) + kMaxPictureSide - 1) / kMaxPictureSide;
    const ImageSize to = {(from.height + factor - 1) / factor, (from.width + factor - 1) / factor, from.channels};
    const std::vector<double> numbers = Shrunk(ReadSample(data, sample)[index], field.type, from, to, factor);
    return {to.height, to.width, to.channels, ToBytes(numbers, field.type)};
  }
  return {};
}

std::string PictureJson(const Picture& picture) {
  JsonObject object;
  object.Whole("height", picture.height).Whole("width", picture.width).Whole("channels", picture.channels);
  return object.Text("pixels", Base64(picture.pixels)).text();
}

}  // namespace brine
