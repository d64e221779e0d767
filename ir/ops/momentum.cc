#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) { return InferUpdate(kMomentum, types); }

int64_t Flops(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows) {
  return Product({types.attributes.Bool("nesterov") ? 6 : 4, Elements(outputs[0], rows)});
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Real rate = evaluation.in(3).real[0], momentum = evaluation.in(4).real[0];
  const bool nesterov = evaluation.attributes.Bool("nesterov");
  std::vector<Real>&p = evaluation.out(0).real, &velocity = evaluation.out(1).real;
  for (size_t i = 0; i < p.size(); ++i) {
    const Real step = rate * evaluation.in(1).real[i];
    velocity[i] = momentum * evaluation.in(2).real[i] - step;
    p[i] = evaluation.in(0).real[i] + (nesterov ? momentum * velocity[i] - step : velocity[i]);
  }
}

}  // namespace

const Op kMomentum = {
    .name = "momentum",
    .doc =
        "v' = momentum·v − rate·g; p' = p + v', with nesterov p + momentum·v' − rate·g. p, g and the velocity v are "
        "f32 of one shape, rate and momentum f32[].",
    .operands = {"p", "g", "velocity", "rate", "momentum"},
    .results = {"p", "velocity"},
    .attributes = {{"nesterov", AttributeKind::kBool, "look ahead by one step", true, false}},
    .infer = Infer,
    .flops = Flops,
    .not_differentiable = "optimizer updates are not part of the loss",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kUpdate,
    .cost = 4,
};

}  // namespace brine::ir
