// Types of values: an element type and a shape.  A dimension is a positive number or n, the number of rows of the
// batch.
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
  kMask  // one bit for each element; the bits of each row of the last axis fill whole bytes
};

absl::string_view DTypeName(DType dtype);  // "f32"
std::optional<DType> FindDType(absl::string_view name);
bool IsReal(DType dtype);       // whether elements are real numbers, as of f32, instead of whole ones
int64_t BitWidth(DType dtype);  // bits of an element

// One extent of a shape; kBatch stands for n.
using Dim = int64_t;
inline constexpr Dim kBatch = -1;
using Shape = std::vector<Dim>;

struct Type {
  DType dtype = DType::kF32;
  Shape shape;  // outermost axis first; elements are in C order, without gaps

  bool operator==(const Type&) const = default;
  int rank() const { return static_cast<int>(shape.size()); }
};

std::string ToString(const Shape& shape);  // "[n,30,30,32]"
std::string ToString(const Type& type);    // "f32[n,30,30,32]"

// The number of elements and the number of bytes of a tensor must fit in 31 bits, since kernels compute addresses in
// signed 32-bit integers.  The rank is limited by the tables of a compiled program (BRINE_MAX_RANK).
inline constexpr int kMaxRank = 8;
inline constexpr int64_t kMaxElements = (int64_t{1} << 31) - 1;

// The number of elements or bytes of a tensor with n = `rows`.
// Errors: a dimension that is not positive; a rank above kMaxRank; more than kMaxElements elements or bytes.  Products
// that would overflow are errors, too.
absl::StatusOr<int64_t> ElementCount(const Shape& shape, int64_t rows);
absl::StatusOr<int64_t> ByteCount(const Type& type, int64_t rows);

absl::Status CheckShape(const Shape& shape);  // the error of ElementCount with n = 1, or OK

}  // namespace brine::ir

#endif  // BRINE_IR_TYPE_H_
