#include <cmath>

#include "ir/ops/loops.h"
#include "ir/ops/random_loop.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::Status ExpectFactor(const Attributes& attributes, absl::string_view name) {
  const std::vector<double>& range = attributes.Floats(name);
  if (range.size() != 2) return Refuse(name, " must hold 2 numbers, got ", range.size());
  if (!(-1 <= range[0] && range[0] <= range[1] && range[1] <= 1)) {
    return Refuse(name, " must ascend within -1 ... 1, got [", range[0], ",", range[1], "]");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  if (x.dtype != DType::kF32 && x.dtype != DType::kU8) return Refuse("x must be f32 or u8, got ", ToString(x));
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  BRINE_RETURN_IF_ERROR(ExpectImage("x", x));
  BRINE_RETURN_IF_ERROR(ExpectRandom(types));
  BRINE_RETURN_IF_ERROR(ExpectFactor(types.attributes, "height_factor"));
  BRINE_RETURN_IF_ERROR(ExpectFactor(types.attributes, "width_factor"));
  const std::string& mode = types.attributes.String("fill_mode");
  if (mode != "constant" && mode != "nearest" && mode != "reflect" && mode != "wrap") {
    return Refuse("fill_mode must be constant, nearest, reflect or wrap, got ", mode);
  }
  const std::string& interpolation = types.attributes.String("interpolation");
  if (interpolation != "nearest" && interpolation != "bilinear") {
    return Refuse("interpolation must be nearest or bilinear, got ", interpolation);
  }
  const double fill = types.attributes.Float("fill_value");
  if (!std::isfinite(static_cast<float>(fill))) return Refuse("fill_value must be finite, got ", fill);
  if (x.dtype == DType::kU8 && (fill < 0 || fill > 255 || fill != std::floor(fill))) {
    return Refuse("fill_value must be a whole number from 0 to 255 for u8 images, got ", fill);
  }
  return std::vector<Type>{x};
}

// The pixel of an axis of `size` pixels from which the fill mode takes `position`, or −1 if it takes the fill value.
int64_t SourcePixel(const std::string& mode, int64_t position, int64_t size) {
  if (position >= 0 && position < size) return position;
  if (mode == "constant") return -1;
  if (mode == "nearest") return position < 0 ? 0 : size - 1;
  if (mode == "wrap") return ((position % size) + size) % size;
  // The mode is reflect: c b a | a b c | c b a, which repeats every 2·size pixels.
  const int64_t folded = ((position % (2 * size)) + 2 * size) % (2 * size);
  return folded < size ? folded : 2 * size - 1 - folded;
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Attributes& attributes = evaluation.attributes;
  const Tensor<Real>& x = evaluation.in(0);
  Tensor<Real>& y = evaluation.out();
  const RandomNumbers random(evaluation.in(1), evaluation.in(2), attributes.Int("id"));
  const std::vector<double>&down = attributes.Floats("height_factor"), &across = attributes.Floats("width_factor");
  const std::string& mode = attributes.String("fill_mode");
  const bool is_nearest = attributes.String("interpolation") == "nearest", is_whole = x.real.empty();
  const Real fill_value = static_cast<Real>(attributes.Float("fill_value"));
  const int64_t h = x.dim(1), w = x.dim(2), c = x.dim(3);

  size_t element = 0;
  for (int64_t n = 0; n < x.dim(0); ++n) {
    const Real shift_down =
        static_cast<Real>((down[0] + (down[1] - down[0]) * random.Uniform(2 * n)) * static_cast<double>(h));
    const Real shift_across =
        static_cast<Real>((across[0] + (across[1] - across[0]) * random.Uniform(2 * n + 1)) * static_cast<double>(w));
    const auto pixel = [&](int64_t row, int64_t column, int64_t channel) -> Real {
      const int64_t i = SourcePixel(mode, row, h), j = SourcePixel(mode, column, w);
      if (i < 0 || j < 0) return fill_value;
      const size_t from = static_cast<size_t>(((n * h + i) * w + j) * c + channel);
      return is_whole ? static_cast<Real>(x.integers[from]) : x.real[from];
    };
    for (int64_t i = 0; i < h; ++i) {
      for (int64_t j = 0; j < w; ++j) {
        const Real row = static_cast<Real>(i) - shift_down, column = static_cast<Real>(j) - shift_across;
        const Real top = std::floor(row), left = std::floor(column), lower = row - top, right = column - left;
        for (int64_t channel = 0; channel < c; ++channel, ++element) {
          Real value;
          if (is_nearest) {
            value = pixel(std::llround(row), std::llround(column), channel);
          } else {
            const int64_t p = static_cast<int64_t>(top), q = static_cast<int64_t>(left);
            value = (pixel(p, q, channel) * (1 - right) + pixel(p, q + 1, channel) * right) * (1 - lower) +
                    (pixel(p + 1, q, channel) * (1 - right) + pixel(p + 1, q + 1, channel) * right) * lower;
          }
          if (is_whole)
            y.integers[element] = static_cast<int64_t>(std::floor(value + Real(0.5)));
          else
            y.real[element] = value;
        }
      }
    }
  }
}

}  // namespace

const Op kRandomTranslation = {
    .name = "random_translation",
    .doc =
        "y[s, i, j] = image x[s] at (i − dy, j − dx), dy = (lo + (hi − lo)·u(2s))·h, dx likewise of the width with "
        "u(2s + 1): positive factors move the image down and to the right. u(e) in [0, 1) is Philox4x32-10 of key "
        "seed and counter (e, step, id, 0). interpolation nearest rounds positions half away from zero; bilinear "
        "mixes four pixels, of u8 images rounded half up. fill_mode says what lies outside: constant the "
        "fill_value, nearest the border's pixel, reflect the mirrored image (border repeated), wrap the image "
        "again. x and y are f32 or u8 [n, h, w, c], seed u32[2], step u32[].",
    .operands = {"x", "seed", "step"},
    .results = {"y"},
    .attributes = {IdAttribute(),
                   {"height_factor", AttributeKind::kFloats, "[lo, hi] of the shift down, in heights"},
                   {"width_factor", AttributeKind::kFloats, "[lo, hi] of the shift to the right, in widths"},
                   {"fill_mode", AttributeKind::kString, "constant, nearest, reflect or wrap", true, "reflect"},
                   {"fill_value", AttributeKind::kFloat, "what lies outside, for constant", true, 0.0},
                   {"interpolation", AttributeKind::kString, "nearest or bilinear", true, "bilinear"}},
    .infer = Infer,
    .not_differentiable = "augmentation has no parameters; put it before the first layer that learns",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kRandom,
    .cost = 30,
    .outside_training = 0,
};

}  // namespace brine::ir
