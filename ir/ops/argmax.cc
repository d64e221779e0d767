#include <cmath>

#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectDType("x", x, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectFixedLast("x", x));
  return std::vector<Type>{{DType::kI32, Shape(x.shape.begin(), x.shape.end() - 1)}};
}

int64_t Flops(const OpTypes& types, absl::Span<const Type>, int64_t rows) { return Elements(types.inputs[0], rows); }

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const int64_t length = RowLength(evaluation.in(0));
  const Real* row = evaluation.in(0).real.data();
  for (int64_t& y : evaluation.out().integers) {
    for (int64_t k = 1; k < length; ++k) {
      // A comparison with NaN is false, so that the first NaN replaces any number and is not replaced itself.
      if (!std::isnan(row[y]) && !(row[k] <= row[y])) y = k;
    }
    row += length;
  }
}

}  // namespace

const Op kArgmax = {
    .name = "argmax",
    .doc =
        "y[...] = the k of the largest x[..., k]; the first of equals wins, and in the interpreter the first NaN. x "
        "is f32, y i32 without x's last axis.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {},
    .infer = Infer,
    .flops = Flops,
    .not_differentiable = "a position is constant almost everywhere",
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kReduction,
};

}  // namespace brine::ir
