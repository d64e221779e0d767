#include "ir/gradient.h"
#include "ir/ops/random_loop.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("x", types.inputs[0], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectType("rate", types.inputs[1], {DType::kF32, {}}));
  BRINE_RETURN_IF_ERROR(ExpectRandom(types));
  return std::vector<Type>{types.inputs[0]};
}

// dx = dropout(dy) with the same random numbers, which follow from seed, step and id
absl::Status Gradient(GradientBuilder& builder) {
  if (builder.needs_gradient(1)) return Refuse("dropout is not differentiable with respect to its rate");
  if (!builder.needs_gradient(0)) return absl::OkStatus();
  builder.SetInputGradient(
      0, builder.Emit(kDropout, {builder.output_gradient(), builder.input(1), builder.input(2), builder.input(3)},
                      builder.attributes()));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Real rate = evaluation.in(1).real[0];
  const float limit = static_cast<float>(rate);  // kernels compare in float; this loop must drop the same elements
  const std::vector<Real>& x = evaluation.in(0).real;
  const RandomNumbers random(evaluation.in(2), evaluation.in(3), evaluation.attributes.Int("id"),
                             RowElements(evaluation.in(0)));
  std::vector<Real>& y = evaluation.out().real;
  for (size_t i = 0; i < y.size(); ++i) y[i] = random.Uniform(static_cast<int64_t>(i)) < limit ? 0 : x[i] / (1 - rate);
}

}  // namespace

const Op kDropout = {
    .name = "dropout",
    .doc =
        "y = 0 where u < rate, else x / (1 − rate); u in [0, 1) is Philox4x32-10 of key seed and counter (element's "
        "position in x in C order, step, id, 0). x and y are f32 of one shape, rate f32[] in [0, 1), seed u32[2], "
        "step u32[2].",
    .operands = {"x", "rate", "seed", "step"},
    .results = {"y"},
    .attributes = {IdAttribute()},
    .infer = Infer,
    .flops = FlopsAnElement<1>,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kRandom,
    .cost = 60,  // about six operations in each of the ten rounds of Philox
    .pointwise = true,
    .outside_training = 0,
};

}  // namespace brine::ir
