#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y = the attribute's values: one for all elements, or a table.
Lowered LowerConstant(const LoweringContext& context) {
  const ir::Type& type = context.out[0];
  const Halide::Type element = ToHalide(type.dtype);
  const std::vector<double>& values = context.attributes().Floats("values");
  const auto number = [&](double value) {
    return ir::IsReal(type.dtype) ? Halide::Expr(static_cast<float>(value))
                                  : Halide::Internal::make_const(element, static_cast<int64_t>(value));
  };
  if (values.size() == 1) return Pure(context, {number(values[0])});
  // The values are a buffer inside the object, in C order.
  std::vector<int> extents(type.shape.rbegin(), type.shape.rend());
  Halide::Buffer<> table(element, extents, "table");
  for (size_t at = 0; at < values.size(); ++at) {
    switch (type.dtype) {
      case ir::DType::kF32:
        static_cast<float*>(table.data())[at] = static_cast<float>(values[at]);
        break;
      case ir::DType::kU8:
        static_cast<uint8_t*>(table.data())[at] = static_cast<uint8_t>(values[at]);
        break;
      default:
        static_cast<uint32_t*>(table.data())[at] = static_cast<uint32_t>(static_cast<int64_t>(values[at]));
    }
  }
  const Index at = ToIndex(Axes(type.rank()));
  return Pure(context, {table(std::vector<Halide::Expr>(at.rbegin(), at.rend()))});
}

}  // namespace

const Algorithm kConstant = {&LowerConstant};

}  // namespace brine::codegen
