#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("x", types.inputs[0], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectFixed("x", types.inputs[0]));
  return std::vector<Type>{types.inputs[0]};
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  evaluation.out().real = evaluation.in(0).real;
}

}  // namespace

const Op kMeanOverShards = {
    .name = "mean_over_shards",
    .doc =
        "y = the mean of x over the shards of the batch, each weighted by its rows; of a batch that is not cut into "
        "shards, x. The host computes what x depends on once for each shard, and what depends on y once for the "
        "batch. x and y are f32 of one shape without n.",
    .operands = {"x"},
    .results = {"y"},
    .infer = Infer,
    .not_differentiable = "it follows the gradients",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kView,
    .cost = 0,
    .ends_shard = true,
};

}  // namespace brine::ir
