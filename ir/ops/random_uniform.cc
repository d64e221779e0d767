#include "ir/ops/random_loop.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectRandom(types));
  const Type u = {DType::kF32, types.attributes.Ints("shape")};
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("shape", u));
  return std::vector<Type>{u};
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const RandomNumbers random(evaluation.in(0), evaluation.in(1), evaluation.attributes.Int("id"));
  std::vector<Real>& u = evaluation.out().real;
  for (size_t i = 0; i < u.size(); ++i) u[i] = static_cast<Real>(random.Uniform(static_cast<int64_t>(i)));
}

}  // namespace

const Op kRandomUniform = {
    .name = "random_uniform",
    .doc =
        "Uniform numbers in [0, 1): u is Philox4x32-10 of key seed and counter (element's position in u in C order, "
        "step, id, 0). u is f32 of the given shape, seed u32[2], step u32[].",
    .operands = {"seed", "step"},
    .results = {"u"},
    .attributes = {IdAttribute(), {"shape", AttributeKind::kDims, "shape of u"}},
    .infer = Infer,
    .not_differentiable = "it draws random numbers",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kRandom,
    .cost = 60,  // about six operations in each of the ten rounds of Philox
};

}  // namespace brine::ir
