#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// The position inside [0, size) that the fill mode gives for one outside; `inside` gets the test that "constant" makes
// instead.
Expr Fill(const std::string& mode, const Expr& at, int size, Expr& inside) {
  if (mode == "wrap") return at % size;
  if (mode == "reflect") {
    const Expr folded = at % (2 * size);
    return Halide::min(folded, 2 * size - 1 - folded);
  }
  if (mode == "constant") inside = inside && Inside(at, size);
  return Halide::clamp(at, 0, size - 1);
}

// y[n, i, j, c] = x[n] at (i − dy, j − dx); dy = (lo + (hi − lo)·u(2n))·h, dx the same of the width with u(2n + 1).
Lowered LowerRandomTranslation(const LoweringContext& context) {
  const Tensor& x = context.in[0];
  const ir::Attributes& attributes = context.attributes();
  const std::string& mode = attributes.String("fill_mode");
  const Halide::Type type = ToHalide(x.type.dtype);
  const ImageAxes at = AxesOfImage();
  const Halide::Var sample = Axis(0);
  const int height = static_cast<int>(x.type.shape[1]), width = static_cast<int>(x.type.shape[2]);

  const auto shift = [&](const char* factor, int size, int number) {
    const std::vector<double>& range = attributes.Floats(factor);
    const Expr element = Halide::cast<uint32_t>(2 * sample + number);
    const Expr u = RandomUniform(element, context.in[1], context.in[2], attributes.Int("id"));
    return (static_cast<float>(range[0]) + static_cast<float>(range[1] - range[0]) * u) * static_cast<float>(size);
  };
  Root shifts;  // for each sample
  shifts.func = MakeFunc("shifts", {sample}, {shift("height_factor", height, 0), shift("width_factor", width, 1)});
  shifts.shape = {x.type.shape[0]};
  const Expr row = Halide::cast<float>(at.y) - shifts.func(at.n)[0],
             column = Halide::cast<float>(at.x) - shifts.func(at.n)[1];

  const auto pixel = [&](const Expr& y, const Expr& x_position) {
    Expr inside = Halide::Internal::const_true();
    const Expr from_y = Fill(mode, y, height, inside), from_x = Fill(mode, x_position, width, inside);
    return Halide::select(inside, Halide::cast<float>(x.Inside({at.n, from_y, from_x, at.c}, context.rows)),
                          static_cast<float>(attributes.Float("fill_value")));
  };
  const auto whole = [](const Expr& value) { return Halide::cast<int>(value); };
  Expr result;
  if (attributes.String("interpolation") == "nearest") {
    // Halves are rounded away from zero.
    const auto nearest = [&](const Expr& v) {
      return whole(Halide::select(v < 0.0f, Halide::ceil(v - 0.5f), Halide::floor(v + 0.5f)));
    };
    result = pixel(nearest(row), nearest(column));
  } else {
    const Expr top = Halide::floor(row), left = Halide::floor(column), down = row - top, right = column - left;
    const Expr y = whole(top), x_position = whole(left);
    const Expr upper = pixel(y, x_position) * (1.0f - right) + pixel(y, x_position + 1) * right;
    const Expr lower = pixel(y + 1, x_position) * (1.0f - right) + pixel(y + 1, x_position + 1) * right;
    result = upper * (1.0f - down) + lower * down;
    if (!type.is_float()) result = Halide::floor(result + 0.5f);
  }
  Lowered lowered = Pure(context, {Halide::cast(type, result)});
  lowered.roots = {shifts};
  return lowered;
}

}  // namespace

const Algorithm kRandomTranslation = {&LowerRandomTranslation};

}  // namespace brine::codegen
