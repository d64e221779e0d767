#include <cmath>

#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) { return InferUpdate(kAdam, types); }

// An element takes 3 operations for m, 4 for v and 5 for p.
int64_t Flops(const OpTypes&, absl::Span<const Type> outputs, int64_t rows) {
  return Product({12, Elements(outputs[0], rows)});
}

// Each average is computed from the one number 1 − beta, so that its two weights add up to 1 however that number was
// rounded.  If beta and 1 − beta were rounded to float separately, v would in the long run be wrong by a factor of
// 1 + 1.3e-5 for beta_2 = 0.999.
template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const auto scalar = [&](int index) { return evaluation.in(index).real[0]; };
  const Real rate = scalar(4), weight_of_g = scalar(5), weight_of_square = scalar(6), epsilon = scalar(7);
  std::vector<Real>&p = evaluation.out(0).real, &m = evaluation.out(1).real, &v = evaluation.out(2).real;
  for (size_t i = 0; i < p.size(); ++i) {
    const Real g = evaluation.in(1).real[i], m_before = evaluation.in(2).real[i], v_before = evaluation.in(3).real[i];
    m[i] = m_before + weight_of_g * (g - m_before);
    v[i] = v_before + weight_of_square * (g * g - v_before);
    p[i] = evaluation.in(0).real[i] - rate * m[i] / (std::sqrt(v[i]) + epsilon);
  }
}

}  // namespace

const Op kAdam = {
    .name = "adam",
    .doc =
        "m' = m + a·(g − m) and v' = v + b·(g² − v), where a is one_minus_beta_1 and b one_minus_beta_2; "
        "p' = p − rate·m' / (√v' + epsilon). p, g, m and v are f32 of one shape, the others f32[], from the host. rate "
        "is Adam's corrected one, learning_rate·√(1 − beta_2ᵗ) / (1 − beta_1ᵗ).",
    .operands = {"p", "g", "m", "v", "rate", "one_minus_beta_1", "one_minus_beta_2", "epsilon"},
    .results = {"p", "m", "v"},
    .attributes = {},
    .infer = Infer,
    .flops = Flops,
    .not_differentiable = "optimizer updates are not part of the loss",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kUpdate,
    .cost = 15,  // the operations of Flops, and more for the root and the quotient
    .squares_gradient = true,
};

}  // namespace brine::ir
