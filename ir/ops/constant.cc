#include <cmath>
#include <limits>
#include <utility>

#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// The least and the greatest finite number of an element type.
std::pair<double, double> FiniteRange(DType dtype) {
  switch (dtype) {
    case DType::kI32:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    case DType::kU32:
      return {0, std::numeric_limits<uint32_t>::max()};
    case DType::kU8:
      return {0, 255};
    default:
      return {-std::numeric_limits<float>::max(), std::numeric_limits<float>::max()};
  }
}

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const std::optional<DType> dtype = FindDType(types.attributes.String("dtype"));
  if (!dtype || *dtype == DType::kMask)
    return Refuse("dtype must be f32, i32, u32 or u8, got ", types.attributes.String("dtype"));
  const Type type = {*dtype, types.attributes.Ints("shape")};
  BRINE_RETURN_IF_ERROR(ExpectDType("shape", type, *dtype));
  BRINE_RETURN_IF_ERROR(ExpectFixed("shape", type));
  const std::vector<double>& values = types.attributes.Floats("values");
  const int64_t elements = Elements(type, 1);
  if (values.size() != 1 && static_cast<int64_t>(values.size()) != elements) {
    return Refuse("values must hold 1 or ", elements, " numbers, got ", values.size());
  }
  const auto [least, most] = FiniteRange(*dtype);
  for (double value : values) {
    const bool is_representable = IsReal(*dtype) ? !std::isfinite(value) || (least <= value && value <= most)
                                                 : least <= value && value <= most && value == std::floor(value);
    if (!is_representable) return Refuse("value ", value, " does not fit ", DTypeName(*dtype));
  }
  return std::vector<Type>{type};
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const std::vector<double>& values = evaluation.attributes.Floats("values");
  Tensor<Real>& y = evaluation.out();
  const auto value = [&](size_t i) { return values.size() == 1 ? values[0] : values[i]; };
  for (size_t i = 0; i < y.real.size(); ++i) y.real[i] = static_cast<Real>(value(i));
  for (size_t i = 0; i < y.integers.size(); ++i) y.integers[i] = static_cast<int64_t>(value(i));
}

}  // namespace

const Op kConstant = {
    .name = "constant",
    .doc =
        "y[...] = values, one number for all elements or one for each in C order. y has the given element type (f32, "
        "i32, u32, u8) and shape, which does not depend on n.",
    .operands = {},
    .results = {"y"},
    .attributes = {{"dtype", AttributeKind::kString, "element type"},
                   {"shape", AttributeKind::kDims, "shape, without n"},
                   {"values", AttributeKind::kFloats, "one number, or as many as elements"}},
    .infer = Infer,
    .not_differentiable = "it has no inputs",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kSource,
    .cost = 0,
};

}  // namespace brine::ir
