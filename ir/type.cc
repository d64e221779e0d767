#include "ir/type.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace brine::ir {
namespace {

struct DTypeRow {
  DType dtype;
  absl::string_view name;
  int64_t bits;
};
constexpr std::array<DTypeRow, 5> kDTypes = {{
    {DType::kF32, "f32", 32},
    {DType::kI32, "i32", 32},
    {DType::kU32, "u32", 32},
    {DType::kU8, "u8", 8},
    {DType::kMask, "mask", 1},
}};

constexpr bool IsIndexedByDType() {
  for (size_t index = 0; index < kDTypes.size(); ++index) {
    if (kDTypes[index].dtype != static_cast<DType>(index)) return false;
  }
  return true;
}
static_assert(IsIndexedByDType() && kDTypes.size() == static_cast<size_t>(DType::kMask) + 1);

const DTypeRow& Row(DType dtype) { return kDTypes[static_cast<size_t>(dtype)]; }

}  // namespace

absl::string_view DTypeName(DType dtype) { return Row(dtype).name; }

std::optional<DType> FindDType(absl::string_view name) {
  for (const DTypeRow& row : kDTypes) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

bool IsReal(DType dtype) { return dtype == DType::kF32; }
int64_t BitWidth(DType dtype) { return Row(dtype).bits; }

std::string ToString(const Shape& shape) {
  auto append = [](std::string* out, Dim dim) { absl::StrAppend(out, dim == kBatch ? "n" : absl::StrCat(dim)); };
  return absl::StrCat("[", absl::StrJoin(shape, ",", append), "]");
}

std::string ToString(const Type& type) { return absl::StrCat(DTypeName(type.dtype), ToString(type.shape)); }

absl::StatusOr<int64_t> ElementCount(const Shape& shape, int64_t rows) {
  if (shape.size() > kMaxRank)
    return absl::InvalidArgumentError(absl::StrCat("rank ", shape.size(), " exceeds ", kMaxRank));
  int64_t elements = 1;
  for (Dim dim : shape) {
    const int64_t extent = dim == kBatch ? rows : dim;
    if (extent < 1)
      return absl::InvalidArgumentError(
          absl::StrCat("dimension ", extent, " of ", ToString(shape), " is not positive"));
    if (__builtin_mul_overflow(elements, extent, &elements) || elements > kMaxElements) {
      return absl::InvalidArgumentError(
          absl::StrCat("shape ", ToString(shape), " has more than ", kMaxElements, " elements"));
    }
  }
  return elements;
}

absl::StatusOr<int64_t> ByteCount(const Type& type, int64_t rows) {
  absl::StatusOr<int64_t> elements = ElementCount(type.shape, rows);
  if (!elements.ok()) return elements;
  int64_t bits = *elements * BitWidth(type.dtype);  // below 2³¹·32, so that the product cannot overflow
  if (type.dtype == DType::kMask && !type.shape.empty()) {
    const int64_t row = type.shape.back() == kBatch ? rows : type.shape.back();
    bits = *elements / row * ((row + 7) / 8) * 8;
  }
  const int64_t bytes = (bits + 7) / 8;
  if (bytes > kMaxElements)
    return absl::InvalidArgumentError(absl::StrCat(ToString(type), " has more than ", kMaxElements, " bytes"));
  return bytes;
}

absl::Status CheckShape(const Shape& shape) { return ElementCount(shape, 1).status(); }

}  // namespace brine::ir
