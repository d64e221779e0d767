#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) { return InferUpdate(kSgd, types); }

int64_t Flops(const OpTypes&, absl::Span<const Type> outputs, int64_t rows) {
  return Product({2, Elements(outputs[0], rows)});
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Real rate = evaluation.in(2).real[0];
  std::vector<Real>& p = evaluation.out().real;
  for (size_t i = 0; i < p.size(); ++i) p[i] = evaluation.in(0).real[i] - rate * evaluation.in(1).real[i];
}

}  // namespace

const Op kSgd = {
    .name = "sgd",
    .doc = "p' = p − rate·g. p and g are f32 of one shape, rate f32[].",
    .operands = {"p", "g", "rate"},
    .results = {"p"},
    .attributes = {},
    .infer = Infer,
    .flops = Flops,
    .not_differentiable = "optimizer updates are not part of the loss",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kUpdate,
    .cost = 2,
};

}  // namespace brine::ir
