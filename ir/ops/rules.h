// Functions that the shape rules and the cost rules of ops share.  Each error is one sentence for a user.  The loops of
// the interpreter do not use this header; they compute sizes on their own, so that a comparison with the interpreter
// finds mistakes in these rules.
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

// The first three fail unless the operand has the element type, any element type but mask, or the type.  A mask is
// refused because no op moves single bits.  All three also refuse sizes beyond the limits of type.h, and an n that is
// not the first axis.  An error reads "x must be f32, got u8[n,3]".
absl::Status ExpectDType(absl::string_view operand, const Type& type, DType dtype);
absl::Status ExpectAnyDType(absl::string_view operand, const Type& type);
absl::Status ExpectType(absl::string_view operand, const Type& type, const Type& wanted);
absl::Status ExpectMinimumRank(absl::string_view operand, const Type& type, int rank);
absl::Status ExpectFixed(absl::string_view operand, const Type& type);      // no axis is n
absl::Status ExpectFixedLast(absl::string_view operand, const Type& type);  // there is a last axis, and it is not n
absl::Status ExpectImage(absl::string_view operand, const Type& type);      // the rank is 4, for [n, h, w, c]

// Fails unless `axis`, the value of the attribute of this name, is an axis of the operand and not n.
absl::Status ExpectAxis(absl::string_view operand, const Type& type, int64_t axis);

// Fails unless the list attribute has `count` numbers within [minimum, 2³¹ − 1].
absl::Status ExpectInts(absl::string_view attribute, const std::vector<int64_t>& values, size_t count, int64_t minimum);

// Fails unless `box`, at the position `begin`, lies inside `whole`.  Both must have the same axes of n.
absl::Status ExpectBox(const std::vector<int64_t>& begin, absl::string_view box_name, const Type& box,
                       absl::string_view whole_name, const Type& whole);

// The shape of an elementwise result, by the rule of numpy: trailing axes are aligned, and an extent of 1 is stretched
// to the other one.  n agrees with n and 1 only.  Errors: other extents, or an n that is not the first axis of the
// result.
absl::StatusOr<Shape> BroadcastShapes(absl::string_view a_name, const Type& a, absl::string_view b_name, const Type& b);

// The product of factors, and the number of elements with n = `rows`; INT64_MAX instead of a larger number.
int64_t Product(std::initializer_list<int64_t> factors);
int64_t Elements(const Type& type, int64_t rows);

// Shape rules of ops with f32 operands and an f32 result.
absl::StatusOr<std::vector<Type>> InferUnary(const OpTypes& types);     // the operand's type
absl::StatusOr<std::vector<Type>> InferBinary(const OpTypes& types);    // BroadcastShapes of the operands
absl::StatusOr<std::vector<Type>> InferLastAxis(const OpTypes& types);  // the operand's type, whose last axis is not n

// The cost rule of an op with `count` operations for each element of its first result.
template <int count>
int64_t FlopsAnElement(const OpTypes&, absl::Span<const Type> outputs, int64_t rows) {
  return Product({count, Elements(outputs[0], rows)});
}

// The shape rule of an op of kind update: f32 tensors of one shape without n, then f32[] scalars (ir/kinds.h).
absl::StatusOr<std::vector<Type>> InferUpdate(const Op& op, const OpTypes& types);

// Fails unless the last two operands of a random op are seed u32[2] and step u32[2], and its attribute id is 32
// bits long.
absl::Status ExpectRandom(const OpTypes& types);
AttributeSpec IdAttribute();

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_RULES_H_
