#include "runtime/trainer/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "runtime/program.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/mapped_file.h"

namespace brine {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr int64_t kMaxElements = int64_t{1} << 40;

[[noreturn]] void Fail(const std::string& path, const std::string& what) {
  ThrowError(kExitBadInput, {path, ": ", what});
}

// The text after 'key': in the header's Python dictionary.
std::string_view HeaderField(const std::string& path, std::string_view header, const std::string& key) {
  const size_t found = header.find("'" + key + "':");
  if (found == std::string_view::npos) Fail(path, "its header lacks " + key);
  header.remove_prefix(found + key.size() + 3);
  while (!header.empty() && header[0] == ' ') header.remove_prefix(1);
  return header;
}

std::vector<int64_t> ParseShape(const std::string& path, std::string_view text) {
  const size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string_view::npos) Fail(path, "its shape cannot be read");
  std::vector<int64_t> shape;
  int64_t elements = 1;
  for (const char *cursor = text.data() + 1, *stop = text.data() + end; cursor < stop;) {
    if (*cursor == ' ' || *cursor == ',') {
      ++cursor;
      continue;
    }
    int64_t extent = -1;
    const auto [next, error] = std::from_chars(cursor, stop, extent);
    if (error != std::errc() || extent < 0) Fail(path, "its shape cannot be read");
    if (shape.size() == BRINE_MAX_RANK || (extent > 0 && elements > kMaxElements / extent))
      Fail(path, "its shape is too large");
    elements *= extent;
    shape.push_back(extent);
    cursor = next;
  }
  return shape;
}

template <typename From, typename To>
std::vector<To> ConvertElements(const std::string& path, std::span<const uint8_t> data) {
  std::vector<To> elements(data.size() / sizeof(From));
  for (size_t index = 0; index < elements.size(); ++index) {
    From number;
    std::memcpy(&number, data.data() + index * sizeof(From), sizeof(From));
    elements[index] = static_cast<To>(number);
    if (std::is_integral_v<From> && static_cast<From>(elements[index]) != number)
      Fail(path, "element " + std::to_string(index) + " is out of the range of 32 bits");
  }
  return elements;
}

// The type without its quotes.  The description of a record is returned as it is.
std::string_view ParseType(std::string_view text) {
  if (text.empty() || text[0] != '\'') return text.substr(0, text.find(','));
  text.remove_prefix(1);
  return text.substr(0, text.find('\''));
}

// The bytes of an element, as they follow the letter of a number's type; 0 if it is no number.
size_t BytesOf(std::string_view type) {
  size_t bytes = 0;
  if (type.size() < 3 || std::string_view("biuf").find(type[1]) == std::string_view::npos) return 0;
  const auto [end, error] = std::from_chars(type.data() + 2, type.data() + type.size(), bytes);
  return error == std::errc() && end == type.data() + type.size() && bytes <= 16 ? bytes : 0;
}

// An element type that can be read, and the type as which it is read.
struct TypeRow {
  std::string_view spelling;
  ElementType type;
};
constexpr TypeRow kTypes[] = {{"|u1", ElementType::kByte},
                              {"<i4", ElementType::kInteger},
                              {"<i8", ElementType::kInteger},
                              {"<f4", ElementType::kReal},
                              {"<f8", ElementType::kReal}};

}  // namespace

Labels Array::elements() const {
  if (type == ElementType::kByte) return std::span<const uint8_t>(bytes);
  if (type == ElementType::kInteger) return std::span<const int32_t>(integers);
  return std::span<const float>(reals);
}

NpyHeader ParseNpy(const std::string& path, std::span<const uint8_t> bytes) {
  if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) Fail(path, "is not a .npy file");
  if (bytes[6] < 1 || bytes[6] > 3)
    Fail(path, "is of .npy version " + std::to_string(bytes[6]) + ", 1 to 3 can be read");
  const size_t begin = bytes[6] == 1 ? 10 : 12;
  size_t length = bytes[8] | bytes[9] << 8;
  if (bytes[6] > 1) length |= static_cast<size_t>(bytes[10]) << 16 | static_cast<size_t>(bytes[11]) << 24;
  if (length > bytes.size() - begin) Fail(path, "ends within its header");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + begin, length);
  NpyHeader header;
  header.fortran_order = HeaderField(path, text, "fortran_order").starts_with("True");
  header.shape = ParseShape(path, HeaderField(path, text, "shape"));
  header.type = ParseType(HeaderField(path, text, "descr"));
  header.data = bytes.subspan(begin + length);
  for (int64_t extent : header.shape) header.elements *= extent;
  const size_t needed = static_cast<size_t>(header.elements) * BytesOf(header.type);
  if (BytesOf(header.type) != 0 && header.data.size() != needed) {
    Fail(path,
         "holds " + std::to_string(header.data.size()) + " bytes of data, its shape needs " + std::to_string(needed));
  }
  return header;
}

Array ReadNpy(const std::string& path) {
  const MappedFile file(path);
  const NpyHeader header = ParseNpy(path, file.bytes());
  if (header.fortran_order) Fail(path, "is in Fortran order; save it in C order");
  const auto row = std::find_if(std::begin(kTypes), std::end(kTypes),
                                [&](const TypeRow& row) { return row.spelling == header.type; });
  if (row == std::end(kTypes))
    Fail(path, "holds elements of type " + std::string(header.type) +
                   "; uint8, int32, int64, float32 and float64 can be read");
  Array array;
  array.shape = header.shape;
  array.type = row->type;
  const bool is_wide = BytesOf(header.type) == 8;
  if (row->type == ElementType::kByte)
    array.bytes.assign(header.data.begin(), header.data.end());
  else if (row->type == ElementType::kInteger)
    array.integers = is_wide ? ConvertElements<int64_t, int32_t>(path, header.data)
                             : ConvertElements<int32_t, int32_t>(path, header.data);
  else
    array.reals =
        is_wide ? ConvertElements<double, float>(path, header.data) : ConvertElements<float, float>(path, header.data);
  return array;
}

}  // namespace brine
