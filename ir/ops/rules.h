// What shape rules and cost rules share.  Refusals are one sentence each; sizes saturate instead of overflowing.
// Interpreter loops include none of this: they repeat the arithmetic on their own.
#ifndef BRINE_IR_OPS_RULES_H_
#define BRINE_IR_OPS_RULES_H_

#include <initializer_list>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ir/op.h"
#include "ir/status.h"

namespace brine::ir {

template <typename... Parts>
absl::Status Refuse(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// "x must be f32, got u8[n,3]".  Also refuses sizes beyond the limits of type.h and an n that is not the first axis.
absl::Status ExpectDType(absl::string_view operand, const Type& type, DType dtype);
absl::Status ExpectAnyDType(absl::string_view operand,
                            const Type& type);  // all but masks, whose bits no op moves one by one
absl::Status ExpectType(absl::string_view operand, const Type& type, const Type& wanted);
absl::Status ExpectMinimumRank(absl::string_view operand, const Type& type, int rank);
absl::Status ExpectFixed(absl::string_view operand, const Type& type);      // no n: a parameter
absl::Status ExpectFixedLast(absl::string_view operand, const Type& type);  // rank ≥ 1, and the last axis is not n
// The attribute `axis`: one of the operand's, and not n.
absl::Status ExpectAxis(absl::string_view operand, const Type& type, int64_t axis);
absl::Status ExpectImage(absl::string_view operand, const Type& type);  // [n, h, w, c]; only the first may be n

// A list attribute: `count` numbers within [minimum, 2³¹ − 1].
absl::Status ExpectInts(absl::string_view attribute, const std::vector<int64_t>& values, size_t count, int64_t minimum);

// The shape of an elementwise result: trailing axes aligned, an extent of 1 stretched, n meeting n or 1 as the first
// axis.
absl::StatusOr<Shape> BroadcastShapes(absl::string_view a_name, const Type& a, absl::string_view b_name, const Type& b);

int64_t Product(std::initializer_list<int64_t> factors);  // INT64_MAX when it would be more
int64_t Elements(const Type& type, int64_t rows);         // the same

// Shape and cost rules of ops whose result has the shape of their operands: f32 in, f32 out, `count` operations for
// each element.
absl::StatusOr<std::vector<Type>> InferUnary(const OpTypes& types);
absl::StatusOr<std::vector<Type>> InferBinary(const OpTypes& types);
absl::StatusOr<std::vector<Type>> InferLastAxis(const OpTypes& types);  // unary, and the last axis is not n
template <int count>
int64_t FlopsAnElement(const OpTypes&, absl::Span<const Type> outputs, int64_t rows) {
  return Product({count, Elements(outputs[0], rows)});
}

// The shape rule of an update: tensors of one shape without n, then scalars (ir/kinds.h).
absl::StatusOr<std::vector<Type>> InferUpdate(const Op& op, const OpTypes& types);

// Seed and step of a random op, whose last two operands they are, and its id.
absl::Status ExpectRandom(const OpTypes& types);
AttributeSpec IdAttribute();

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_RULES_H_
