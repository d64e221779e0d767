#include "frontend/data/numpy_array.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "frontend/data/bad_input.h"

namespace brine {
namespace {

static_assert(std::endian::native == std::endian::little);

// The element types of numpy that C++ does not have.
struct Bool {
  uint8_t byte;
};
struct Half {
  uint16_t bits;
};

// IEEE 754's binary16.
float ToFloat(Half half) {
  const int exponent = half.bits >> 10 & 31, fraction = half.bits & 1023;
  const float sign = (half.bits & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

// The number that an element is.
template <typename T>
T Number(T element) {
  return element;
}
uint8_t Number(Bool element) { return element.byte != 0; }
float Number(Half element) { return ToFloat(element); }

// Converts a number.  Returns false if it is not one of the type To.
template <typename From, typename To>
bool ConvertNumber(From from, To& to) {
  if constexpr (std::is_floating_point_v<To>) {
    to = static_cast<To>(from);
    return std::isfinite(to);
  } else if constexpr (std::is_floating_point_v<From>) {
    // The smallest number is a power of two, which every type has; that after the largest one is, too.
    constexpr From kLeast = static_cast<From>(std::numeric_limits<To>::min());
    constexpr From kAfter = static_cast<From>(std::numeric_limits<To>::max() / 2 + 1) * 2;
    if (!(from >= kLeast && from < kAfter) || from != std::trunc(from)) return false;
    to = static_cast<To>(from);
    return true;
  } else {
    to = static_cast<To>(from);
    return std::in_range<To>(from);
  }
}

// Where a sample is in an array.
struct Place {
  const uint8_t* first;      // its first element
  const int64_t* positions;  // of its elements, counted from the first; null if they follow one another
  int64_t elements;
  bool swapped;
};

template <typename Element, typename To>
int64_t ConvertSample(const Place& place, void* target) {
  for (int64_t index = 0; index < place.elements; ++index) {
    const int64_t position = place.positions == nullptr ? index : place.positions[index];
    std::array<uint8_t, sizeof(Element)> bytes;
    std::memcpy(bytes.data(), place.first + position * static_cast<int64_t>(sizeof(Element)), sizeof(Element));
    if (place.swapped) std::reverse(bytes.begin(), bytes.end());
    if (!ConvertNumber(Number(std::bit_cast<Element>(bytes)), static_cast<To*>(target)[index])) return index;
  }
  return -1;
}

}  // namespace

struct NumpyType {
  std::string_view name;  // without the byte order
  ElementType type;
  int64_t bytes;
  int64_t (*convert[3])(const Place&, void*);  // to each ElementType
};

namespace {

template <typename Element>
constexpr NumpyType Row(std::string_view name, ElementType type) {
  return {name,
          type,
          sizeof(Element),
          {&ConvertSample<Element, uint8_t>, &ConvertSample<Element, int32_t>, &ConvertSample<Element, float>}};
}

constexpr NumpyType kTypes[] = {Row<Bool>("b1", ElementType::kByte),        Row<uint8_t>("u1", ElementType::kByte),
                                Row<int8_t>("i1", ElementType::kInteger),   Row<int16_t>("i2", ElementType::kInteger),
                                Row<int32_t>("i4", ElementType::kInteger),  Row<int64_t>("i8", ElementType::kInteger),
                                Row<uint16_t>("u2", ElementType::kInteger), Row<uint32_t>("u4", ElementType::kInteger),
                                Row<uint64_t>("u8", ElementType::kInteger), Row<Half>("f2", ElementType::kReal),
                                Row<float>("f4", ElementType::kReal),       Row<double>("f8", ElementType::kReal)};

// Where the elements of the first sample, taken in C order, are in an array in Fortran order.
std::vector<int64_t> FortranPositions(const std::vector<int64_t>& shape, int64_t elements) {
  std::vector<int64_t> positions = {0};
  positions.reserve(static_cast<size_t>(elements));
  int64_t stride = shape[0];
  std::vector<int64_t> strides;
  for (size_t axis = 1; axis < shape.size(); ++axis) {
    strides.push_back(stride);
    stride *= shape[axis];
  }
  for (size_t axis = 1; axis < shape.size(); ++axis) {
    std::vector<int64_t> longer;
    longer.reserve(positions.size() * static_cast<size_t>(shape[axis]));
    for (int64_t position : positions) {
      for (int64_t index = 0; index < shape[axis]; ++index) longer.push_back(position + index * strides[axis - 1]);
    }
    positions = std::move(longer);
  }
  return positions;
}

}  // namespace

NumpyArray::NumpyArray(FileBytes file) : file_(std::move(file)), header_(ParseNpy(file_.path, file_.bytes)) {
  const std::string_view type = header_.type;
  if (type == "|O") BadInput(place(), "holds Python objects, which cannot be read");
  for (const NumpyType& row : kTypes) {
    if (!type.empty() && type.substr(1) == row.name) type_ = &row;
  }
  if (type_ == nullptr)
    BadInput(place(), "holds elements of type " + std::string(type) +
                          "; bool, whole numbers of 8 to 64 bits and floats of 16 to 64 bits can be read");
  swapped_ = type[0] == '>';
  if (header_.shape.empty() || header_.elements == 0)
    BadInput(place(), "has the shape " + ShapeText() + ", in which there are no samples");
  elements_ = header_.elements / count();
  if (header_.fortran_order && header_.shape.size() > 1) positions_ = FortranPositions(header_.shape, elements_);
}

std::string NumpyArray::ShapeText() const {
  std::string text;
  for (int64_t extent : header_.shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "(" + text + (header_.shape.size() == 1 ? ",)" : ")");
}

ElementType NumpyArray::type() const { return type_->type; }

int64_t NumpyArray::Convert(int64_t sample, ElementType type, void* target) const {
  const bool is_strided = !positions_.empty();
  const Place place = {header_.data.data() + sample * (is_strided ? 1 : elements_) * type_->bytes,
                       is_strided ? positions_.data() : nullptr, elements_, swapped_};
  return type_->convert[static_cast<size_t>(type)](place, target);
}

bool NumpyArray::Fits(int64_t sample, ElementType type, void* target) const {
  return Convert(sample, type, target) < 0;
}

void NumpyArray::Read(int64_t sample, ElementType type, void* target) const {
  const int64_t bad = Convert(sample, type, target);
  if (bad < 0) return;
  BadInput(place(), "element " + std::to_string(bad) + " of sample " + std::to_string(sample) + " is " +
                        (type == ElementType::kReal      ? "not a finite number"
                         : type == ElementType::kInteger ? "not a whole number of 32 bits"
                                                         : "not a byte"));
}

}  // namespace brine
