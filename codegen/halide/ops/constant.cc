#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y = the values of the attribute: one for all elements, or one for each in C order.
Lowered LowerConstant(const LoweringContext& context) {
  const ir::Type& type = context.result_types[0];
  const Halide::Type element = ToHalide(type.dtype);
  const std::vector<double>& values = context.attributes().Floats("values");
  const auto number = [&](double value) {
    return ir::IsReal(type.dtype) ? Halide::Expr(static_cast<float>(value))
                                  : Halide::Internal::make_const(element, static_cast<int64_t>(value));
  };
  if (values.size() == 1) return LowerPure(context, {number(values[0])});
  // A table is a constant buffer in the object.
  std::vector<int> extents(type.shape.rbegin(), type.shape.rend());
  Halide::Buffer<> table(element, extents, "table");
  for (size_t position = 0; position < values.size(); ++position) {
    switch (type.dtype) {
      case ir::DType::kF32:
        static_cast<float*>(table.data())[position] = static_cast<float>(values[position]);
        break;
      case ir::DType::kU8:
        static_cast<uint8_t*>(table.data())[position] = static_cast<uint8_t>(values[position]);
        break;
      default:
        static_cast<uint32_t*>(table.data())[position] = static_cast<uint32_t>(static_cast<int64_t>(values[position]));
    }
  }
  const Index index = ToIndex(Axes(type.rank()));
  return LowerPure(context, {table(std::vector<Halide::Expr>(index.rbegin(), index.rend()))});
}

}  // namespace

const Algorithm kConstant = {&LowerConstant};

}  // namespace brine::codegen
