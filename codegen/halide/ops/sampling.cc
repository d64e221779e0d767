#include "codegen/halide/ops/sampling.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// The position inside [0, size) whose pixel the fill mode takes for `position`, which may be outside.  In mode
// "constant", the caller takes a constant instead where `is_inside` is false; this test is added to it.
Expr FillPosition(const std::string& mode, const Expr& position, int size, Expr& is_inside) {
  if (mode == "wrap") return position % size;
  if (mode == "reflect") {
    const Expr folded = position % (2 * size);
    return Halide::min(folded, 2 * size - 1 - folded);
  }
  if (mode == "constant") is_inside = is_inside && IsInside(position, size);
  return Halide::clamp(position, 0, size - 1);
}

}  // namespace

Expr SampleImage(const LoweringContext& context, const Expr& n, const Expr& row, const Expr& column) {
  const Tensor& x = context.operands[0];
  const ir::Attributes& attributes = context.attributes();
  const int height = static_cast<int>(x.type.shape[1]), width = static_cast<int>(x.type.shape[2]);
  const auto pixel = [&](const Expr& i, const Expr& j) {
    Expr is_inside = Halide::Internal::const_true();
    const std::string& mode = attributes.String("fill_mode");
    const Expr from_i = FillPosition(mode, i, height, is_inside), from_j = FillPosition(mode, j, width, is_inside);
    const Expr value = x.ReadPromised({n, from_i, from_j, Axis(0)}, context.batch_extent);
    return Halide::select(is_inside, Halide::cast<float>(value), static_cast<float>(attributes.Float("fill_value")));
  };
  const auto to_int = [](const Expr& value) { return Halide::cast<int>(value); };
  const Halide::Type type = ToHalide(x.type.dtype);
  if (attributes.String("interpolation") == "nearest") {
    // Halves are rounded away from zero.
    const auto nearest = [&](const Expr& position) {
      return to_int(Halide::select(position < 0.0f, Halide::ceil(position - 0.5f), Halide::floor(position + 0.5f)));
    };
    return Halide::cast(type, pixel(nearest(row), nearest(column)));
  }
  const Expr top = Halide::floor(row), left = Halide::floor(column), lower = row - top, right = column - left;
  const Expr i = to_int(top), j = to_int(left);
  const Expr upper_mean = pixel(i, j) * (1.0f - right) + pixel(i, j + 1) * right,
             lower_mean = pixel(i + 1, j) * (1.0f - right) + pixel(i + 1, j + 1) * right;
  const Expr value = upper_mean * (1.0f - lower) + lower_mean * lower;
  return Halide::cast(type, type.is_float() ? value : Halide::floor(value + 0.5f));
}

}  // namespace brine::codegen
