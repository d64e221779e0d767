#include "ir/ops/random_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/sampling.h"

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
  BRINE_RETURN_IF_ERROR(ExpectSampling(x, types.attributes));
  BRINE_RETURN_IF_ERROR(ExpectRandom(types));
  BRINE_RETURN_IF_ERROR(ExpectFactor(types.attributes, "height_factor"));
  BRINE_RETURN_IF_ERROR(ExpectFactor(types.attributes, "width_factor"));
  return std::vector<Type>{x};
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Attributes& attributes = evaluation.attributes;
  const Sampler<Real> x(evaluation.in(0), attributes);
  Tensor<Real>& y = evaluation.out();
  const RandomNumbers random(evaluation.in(1), evaluation.in(2), attributes.Int("id"), 2);
  const std::vector<double>&down = attributes.Floats("height_factor"), &across = attributes.Floats("width_factor");
  const auto shift = [&](const std::vector<double>& range, int64_t number, int64_t size) {
    return static_cast<Real>((range[0] + (range[1] - range[0]) * random.Uniform(number)) * static_cast<double>(size));
  };
  size_t element = 0;
  for (int64_t n = 0; n < y.dim(0); ++n) {
    const Real shift_down = shift(down, 2 * n, y.dim(1)), shift_across = shift(across, 2 * n + 1, y.dim(2));
    for (int64_t i = 0; i < y.dim(1); ++i) {
      for (int64_t j = 0; j < y.dim(2); ++j) {
        const Real row = static_cast<Real>(i) - shift_down, column = static_cast<Real>(j) - shift_across;
        for (int64_t c = 0; c < y.dim(3); ++c, ++element) x.Store(y, element, x.At(n, row, column, c));
      }
    }
  }
}

std::vector<AttributeSpec> Schema() {
  std::vector<AttributeSpec> schema = SamplingAttributes();
  schema.push_back(IdAttribute());
  schema.push_back({"height_factor", AttributeKind::kFloats, "[lo, hi] of the shift down, in heights"});
  schema.push_back({"width_factor", AttributeKind::kFloats, "[lo, hi] of the shift to the right, in widths"});
  return schema;
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
        "again. x and y are f32 or u8 [n, h, w, c], seed u32[2], step u32[2].",
    .operands = {"x", "seed", "step"},
    .results = {"y"},
    .attributes = Schema(),
    .infer = Infer,
    .not_differentiable = kAugmentationComesFirst,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kRandom,
    .cost = 30,
    .outside_training = 0,
};

}  // namespace brine::ir
