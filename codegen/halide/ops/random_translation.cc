#include "codegen/halide/images.h"

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

// y[n, i, j, c] = x[n] at (i − dy, j − dx), where dy = (lo + (hi − lo)·u(2n))·height, and dx the same for the width
// with u(2n + 1).  u(k) is random number k.  The operands are x, seed and step.
Lowered LowerRandomTranslation(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const ir::Attributes& attributes = context.attributes();
  const std::string& mode = attributes.String("fill_mode");
  const Halide::Type type = ToHalide(x.type.dtype);
  const ImageAxes axes = AxesOfImage();
  const Halide::Var sample = Axis(0);
  const int height = static_cast<int>(x.type.shape[1]), width = static_cast<int>(x.type.shape[2]);

  const auto shift = [&](const char* attribute, int size, int number) {
    const std::vector<double>& range = attributes.Floats(attribute);
    const Expr element = Halide::cast<uint32_t>(2 * sample + number);
    const Expr u = RandomUniform(element, context.operands[1], context.operands[2], attributes.Int("id"));
    return (static_cast<float>(range[0]) + static_cast<float>(range[1] - range[0]) * u) * static_cast<float>(size);
  };
  StoredFunc shifts;  // [n]: dy and dx
  shifts.func = MakeFunc("shifts", {sample}, {shift("height_factor", height, 0), shift("width_factor", width, 1)});
  shifts.shape = {x.type.shape[0]};
  const Expr row = Halide::cast<float>(axes.y) - shifts.func(axes.n)[0],
             column = Halide::cast<float>(axes.x) - shifts.func(axes.n)[1];

  const auto pixel = [&](const Expr& y, const Expr& x_position) {
    Expr is_inside = Halide::Internal::const_true();
    const Expr from_y = FillPosition(mode, y, height, is_inside),
               from_x = FillPosition(mode, x_position, width, is_inside);
    return Halide::select(is_inside,
                          Halide::cast<float>(x.ReadPromised({axes.n, from_y, from_x, axes.c}, context.batch_extent)),
                          static_cast<float>(attributes.Float("fill_value")));
  };
  const auto to_int = [](const Expr& value) { return Halide::cast<int>(value); };
  Expr result;
  if (attributes.String("interpolation") == "nearest") {
    // Halves are rounded away from zero.
    const auto nearest = [&](const Expr& position) {
      return to_int(Halide::select(position < 0.0f, Halide::ceil(position - 0.5f), Halide::floor(position + 0.5f)));
    };
    result = pixel(nearest(row), nearest(column));
  } else {
    const Expr top = Halide::floor(row), left = Halide::floor(column), row_weight = row - top,
               column_weight = column - left;
    const Expr y = to_int(top), x_position = to_int(left);
    const Expr upper = pixel(y, x_position) * (1.0f - column_weight) + pixel(y, x_position + 1) * column_weight;
    const Expr lower = pixel(y + 1, x_position) * (1.0f - column_weight) + pixel(y + 1, x_position + 1) * column_weight;
    result = upper * (1.0f - row_weight) + lower * row_weight;
    if (!type.is_float()) result = Halide::floor(result + 0.5f);
  }
  Lowered lowered = LowerPure(context, {Halide::cast(type, result)});
  lowered.stored_funcs = {shifts};
  return lowered;
}

}  // namespace

const Algorithm kRandomTranslation = {&LowerRandomTranslation};

}  // namespace brine::codegen
