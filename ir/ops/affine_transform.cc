#include <algorithm>

#include "ir/ops/rules.h"
#include "ir/ops/sampling.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectSampling(x, types.attributes));
  BRINE_RETURN_IF_ERROR(ExpectType("transform", types.inputs[1], {DType::kF32, {x.shape[0], 6}}));
  const std::vector<int64_t>& size = types.attributes.Ints("size");
  BRINE_RETURN_IF_ERROR(ExpectInts("size", size, 2, 1));
  return std::vector<Type>{{x.dtype, {x.shape[0], size[0], size[1], x.shape[3]}}};
}

template <typename Real>
Real Limited(Real position) {
  constexpr Real kLimit = 1 << 20;
  return std::isnan(position) ? 0 : std::clamp(position, -kLimit, kLimit);
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Sampler<Real> x(evaluation.in(0), evaluation.attributes);
  Tensor<Real>& y = evaluation.out();
  const Real* map = evaluation.in(1).real.data();
  size_t element = 0;
  for (int64_t n = 0; n < y.dim(0); ++n, map += 6) {
    for (int64_t i = 0; i < y.dim(1); ++i) {
      for (int64_t j = 0; j < y.dim(2); ++j) {
        const Real across = static_cast<Real>(j), down = static_cast<Real>(i);
        const Real column = Limited(map[0] * across + map[1] * down + map[2]),
                   row = Limited(map[3] * across + map[4] * down + map[5]);
        for (int64_t c = 0; c < y.dim(3); ++c, ++element) x.Store(y, element, x.At(n, row, column, c));
      }
    }
  }
}

std::vector<AttributeSpec> Schema() {
  std::vector<AttributeSpec> schema = SamplingAttributes();
  schema.push_back({"size", AttributeKind::kInts, "height and width of y"});
  return schema;
}

}  // namespace

const Op kAffineTransform = {
    .name = "affine_transform",
    .doc =
        "y[s, i, j] = image x[s] at row b0·j + b1·i + b2 and column a0·j + a1·i + a2, where row s of transform is (a0, "
        "a1, a2, b0, b1, b2). interpolation nearest rounds positions half away from zero; bilinear mixes four pixels, "
        "of u8 images rounded half up. fill_mode says what lies outside: constant the fill_value, nearest the border's "
        "pixel, reflect the mirrored image (border repeated), wrap the image again. Positions beyond ±2²⁰ are these, "
        "and one that is NaN may be any. x and y are f32 or u8 [n, h, w, c], transform f32 [n, 6]. Keras: "
        "ops.image.affine_transform.",
    .operands = {"x", "transform"},
    .results = {"y"},
    .attributes = Schema(),
    .infer = Infer,
    .not_differentiable = kAugmentationComesFirst,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kGather,
    .cost = 30,
};

}  // namespace brine::ir
