#include <algorithm>

#include "ir/ops/loops.h"
#include "ir/ops/random_loop.h"
#include "ir/ops/rules.h"
#include "ir/ops/sampling.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  if (x.dtype != DType::kF32 && x.dtype != DType::kU8) return Refuse("x must be f32 or u8, got ", ToString(x));
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  BRINE_RETURN_IF_ERROR(ExpectImage("x", x));
  BRINE_RETURN_IF_ERROR(ExpectRandom(types));
  const std::string& mode = types.attributes.String("mode");
  if (mode != "horizontal" && mode != "vertical" && mode != "horizontal_and_vertical") {
    return Refuse("mode must be horizontal, vertical or horizontal_and_vertical, got ", mode);
  }
  return std::vector<Type>{x};
}

template <typename Element>
void Flip(const std::vector<int64_t>& dims, const std::string& mode, const RandomNumbers& random,
          const std::vector<Element>& x, std::vector<Element>& y) {
  const int64_t h = dims[1], w = dims[2], c = dims[3];
  for (int64_t n = 0; n < dims[0]; ++n) {
    const bool across = mode != "vertical" && random.Uniform(2 * n) < 0.5,
               down = mode != "horizontal" && random.Uniform(2 * n + 1) < 0.5;
    for (int64_t i = 0; i < h; ++i) {
      for (int64_t j = 0; j < w; ++j) {
        const int64_t from = ((n * h + (down ? h - 1 - i : i)) * w + (across ? w - 1 - j : j)) * c;
        std::copy_n(x.begin() + from, c, y.begin() + ((n * h + i) * w + j) * c);
      }
    }
  }
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>& x = evaluation.in(0);
  const std::string& mode = evaluation.attributes.String("mode");
  const RandomNumbers random(evaluation.in(1), evaluation.in(2), evaluation.attributes.Int("id"), 2);
  if (x.integers.empty())
    Flip(x.dims, mode, random, x.real, evaluation.out().real);
  else
    Flip(x.dims, mode, random, x.integers, evaluation.out().integers);
}

}  // namespace

const Op kRandomFlip = {
    .name = "random_flip",
    .doc =
        "y[s] = image x[s], mirrored left to right when u(2s) < 1/2 and top to bottom when u(2s + 1) < 1/2, as far "
        "as mode allows; u(e) in [0, 1) is Philox4x32-10 of key seed and counter (e, step, id, 0). x and y are f32 or "
        "u8 [n, h, w, c], seed u32[2], step u32[2].",
    .operands = {"x", "seed", "step"},
    .results = {"y"},
    .attributes = {IdAttribute(),
                   {"mode", AttributeKind::kString, "horizontal, vertical or horizontal_and_vertical", true,
                    "horizontal_and_vertical"}},
    .infer = Infer,
    .not_differentiable = kAugmentationComesFirst,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kRandom,
    .cost = 10,
    .outside_training = 0,
};

}  // namespace brine::ir
