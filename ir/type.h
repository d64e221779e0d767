// Types of values: an element type and a shape.  A dimension is a positive number or `n`, the rows of the batch.
#ifndef BRINE_IR_TYPE_H_
#define BRINE_IR_TYPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::ir {

enum class DType : uint8_t {
  kF32,
  kI32,
  kU32,
  kU8,
  kMask
};  // kMask: one bit an element, packed along the last axis into bytes

absl::string_view DTypeName(DType dtype);  // "f32"
std::optional<DType> FindDType(absl::string_view name);
bool IsReal(DType dtype);       // f32; the others hold whole numbers
int64_t BitWidth(DType dtype);  // 32, 32, 32, 8, 1

// One extent of a shape; kBatch stands for n.
using Dim = int64_t;
inline constexpr Dim kBatch = -1;
using Shape = std::vector<Dim>;

struct Type {
  DType dtype = DType::kF32;
  Shape shape;  // outermost first, dense: the last axis is contiguous

  bool operator==(const Type&) const = default;
  int rank() const { return static_cast<int>(shape.size()); }
};

std::string ToString(const Shape& shape);  // "[n,30,30,32]"
std::string ToString(const Type& type);    // "f32[n,30,30,32]"

// Limits that keep every size within 31 bits, which is what a kernel can address.
inline constexpr int kMaxRank = 8;
inline constexpr int64_t kMaxElements = (int64_t{1} << 31) - 1;

// Elements and bytes of a tensor with n = `rows`; an error when a dimension is not positive, the rank exceeds kMaxRank,
// or the product exceeds kMaxElements (bytes: 2³¹ − 1).  Every partial product is checked.
absl::StatusOr<int64_t> ElementCount(const Shape& shape, int64_t rows);
absl::StatusOr<int64_t> ByteCount(const Type& type, int64_t rows);
absl::Status CheckShape(const Shape& shape);  // ElementCount with n = 1, in words for a user

}  // namespace brine::ir

#endif  // BRINE_IR_TYPE_H_
