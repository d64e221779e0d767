#include "runtime/trainer/npy.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <string_view>

#include "runtime/program.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/mapped_file.h"

namespace brine {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr int64_t kMostElements = int64_t{1} << 32;

[[noreturn]] void Fail(const std::string& path, const std::string& what) {
  throw Error(kExitBadInput, path + ": " + what);
}

// The text behind 'key': in the header's Python dictionary.
std::string_view Field(const std::string& path, std::string_view header, const std::string& key) {
  const size_t at = header.find("'" + key + "':");
  if (at == std::string_view::npos) Fail(path, "its header lacks " + key);
  header.remove_prefix(at + key.size() + 3);
  while (!header.empty() && header[0] == ' ') header.remove_prefix(1);
  return header;
}

std::vector<int64_t> Shape(const std::string& path, std::string_view text) {
  const size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string_view::npos) Fail(path, "its shape cannot be read");
  std::vector<int64_t> shape;
  int64_t elements = 1;
  for (const char *at = text.data() + 1, *stop = text.data() + end; at < stop;) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    int64_t extent = -1;
    const auto [next, error] = std::from_chars(at, stop, extent);
    if (error != std::errc() || extent < 0) Fail(path, "its shape cannot be read");
    if (shape.size() == BRINE_MAX_RANK || (extent > 0 && elements > kMostElements / extent))
      Fail(path, "its shape is too large");
    elements *= extent;
    shape.push_back(extent);
    at = next;
  }
  return shape;
}

}  // namespace

Samples Array::samples() const {
  if (real) return std::span<const float>(reals);
  return std::span<const uint8_t>(bytes);
}

Array ReadNpy(const std::string& path) {
  const MappedFile file(path);
  const std::span<const uint8_t> bytes = file.bytes();
  if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) Fail(path, "is not a .npy file");
  if (bytes[6] < 1 || bytes[6] > 3)
    Fail(path, "is of .npy version " + std::to_string(bytes[6]) + ", 1 to 3 can be read");
  const size_t begin = bytes[6] == 1 ? 10 : 12;
  size_t length = bytes[8] | bytes[9] << 8;
  if (bytes[6] > 1) length |= static_cast<size_t>(bytes[10]) << 16 | static_cast<size_t>(bytes[11]) << 24;
  if (length > bytes.size() - begin) Fail(path, "ends within its header");
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + begin, length);
  if (!Field(path, header, "fortran_order").starts_with("False")) Fail(path, "is in Fortran order; save it in C order");

  Array array;
  array.shape = Shape(path, Field(path, header, "shape"));
  size_t elements = 1;
  for (int64_t extent : array.shape) elements *= static_cast<size_t>(extent);
  const std::string_view type = Field(path, header, "descr");
  const size_t element_bytes = type.starts_with("'|u1'")   ? 1
                               : type.starts_with("'<f4'") ? 4
                               : type.starts_with("'<f8'") ? 8
                                                           : 0;
  if (element_bytes == 0)
    Fail(path, "holds elements of type " + std::string(type.substr(0, type.find(','))) +
                   "; uint8, float32 and float64 can be read");
  const std::span<const uint8_t> data = bytes.subspan(begin + length);
  if (data.size() != elements * element_bytes) {
    Fail(path, "holds " + std::to_string(data.size()) + " bytes of data, its shape needs " +
                   std::to_string(elements * element_bytes));
  }
  array.real = element_bytes != 1;
  if (element_bytes == 1) array.bytes.assign(data.begin(), data.end());
  array.reals.resize(array.real ? elements : 0);
  if (element_bytes == 4) std::memcpy(array.reals.data(), data.data(), data.size());
  for (size_t at = 0; element_bytes == 8 && at < elements; ++at) {
    double number;
    std::memcpy(&number, data.data() + 8 * at, sizeof(number));
    array.reals[at] = static_cast<float>(number);
  }
  return array;
}

}  // namespace brine
