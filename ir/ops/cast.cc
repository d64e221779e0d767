#include <algorithm>
#include <cmath>

#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  const std::optional<DType> to = FindDType(types.attributes.String("to"));
  if (!to || *to == DType::kMask) return Refuse("to must be f32, i32, u32 or u8, got ", types.attributes.String("to"));
  if (*to == x.dtype) return Refuse("x is ", DTypeName(*to), " already, got ", ToString(x));
  return std::vector<Type>{{*to, x.shape}};
}

// The low bits of `value`, as a conversion of C to the element type keeps them.
int64_t Wrap(int64_t value, DType dtype) {
  switch (dtype) {
    case DType::kU8:
      return static_cast<uint8_t>(value);
    case DType::kU32:
      return static_cast<uint32_t>(value);
    default:
      return static_cast<int32_t>(value);
  }
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& x = evaluation.in(0);
  Tensor<Real>& y = evaluation.out();
  for (size_t i = 0; i < y.real.size(); ++i) y.real[i] = static_cast<Real>(x.integers[i]);
  for (size_t i = 0; i < y.integers.size(); ++i) {
    // A conversion of numbers beyond ±2⁶³ to int64_t is undefined, so they are clamped to ±2⁶², whose low 32 bits are
    // 0. Infinities and NaN therefore become 0.
    const int64_t whole =
        x.real.empty() ? x.integers[i]
                       : static_cast<int64_t>(std::min<Real>(std::max<Real>(Real(-0x1p62), x.real[i]), Real(0x1p62)));
    y.integers[i] = Wrap(whole, y.dtype);
  }
}

}  // namespace

const Op kCast = {
    .name = "cast",
    .doc =
        "y = x in another element type (f32, i32, u32, u8). A real number becomes a whole one by dropping its "
        "fraction, and must fit; a whole number keeps its low bits.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {{"to", AttributeKind::kString, "element type of y, not that of x"}},
    .infer = Infer,
    .not_differentiable = "it converts from or to whole numbers",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kElementwise,
};

}  // namespace brine::ir
