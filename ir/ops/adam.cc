#include <cmath>

#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  return InferUpdate(types, {"p", "g", "m", "v"}, {"rate", "beta_1", "beta_2", "epsilon"}, 3);
}

// m: 3, v: 4, p: 5.
int64_t Flops(const OpTypes&, absl::Span<const Type> outputs, int64_t rows) {
  return Product({12, Elements(outputs[0], rows)});
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const auto scalar = [&](int index) { return evaluation.in(index).real[0]; };
  const Real rate = scalar(4), beta_1 = scalar(5), beta_2 = scalar(6), epsilon = scalar(7);
  std::vector<Real>&p = evaluation.out(0).real, &m = evaluation.out(1).real, &v = evaluation.out(2).real;
  for (size_t i = 0; i < p.size(); ++i) {
    const Real g = evaluation.in(1).real[i];
    m[i] = beta_1 * evaluation.in(2).real[i] + (1 - beta_1) * g;
    v[i] = beta_2 * evaluation.in(3).real[i] + (1 - beta_2) * g * g;
    p[i] = evaluation.in(0).real[i] - rate * m[i] / (std::sqrt(v[i]) + epsilon);
  }
}

}  // namespace

const Op kAdam = {
    .name = "adam",
    .doc =
        "m' = beta_1·m + (1 − beta_1)·g; v' = beta_2·v + (1 − beta_2)·g²; p' = p − rate·m' / (√v' + epsilon). p, g, m "
        "and v are f32 of one shape, the others f32[]. rate is Adam's corrected one, learning_rate·√(1 − beta_2ᵗ) / "
        "(1 − beta_1ᵗ), from the host.",
    .operands = {"p", "g", "m", "v", "rate", "beta_1", "beta_2", "epsilon"},
    .results = {"p", "m", "v"},
    .attributes = {},
    .infer = Infer,
    .flops = Flops,
    .not_differentiable = "an update is no part of the loss",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kUpdate,
    .cost = 15,
};

}  // namespace brine::ir
