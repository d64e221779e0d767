#include <algorithm>
#include <cmath>

#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// dx = y·(dy − Σ over the row of dy·y)
absl::Status Gradient(GradientBuilder& builder) {
  if (!builder.needs_gradient(0)) return absl::OkStatus();
  const ValueId dy = builder.output_gradient(), y = builder.output();
  const std::vector<int64_t> last = {builder.type(y).rank() - 1};
  const ValueId sum = builder.Emit(kReduceSum, {builder.Emit(kMul, {dy, y})}, {{"axes", last}, {"keep_dims", true}});
  builder.SetInputGradient(0, builder.Emit(kMul, {y, builder.Emit(kSub, {dy, sum})}));
  return absl::OkStatus();
}

template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const int64_t length = RowLength(evaluation.in(0));
  const std::vector<Real>& x = evaluation.in(0).real;
  std::vector<Real>& y = evaluation.out().real;
  for (size_t first = 0; first < y.size(); first += static_cast<size_t>(length)) {
    const Real* row = &x[first];
    const Real maximum = *std::max_element(row, row + length);
    Real sum = 0;
    for (int64_t k = 0; k < length; ++k) sum += y[first + static_cast<size_t>(k)] = std::exp(row[k] - maximum);
    for (int64_t k = 0; k < length; ++k) y[first + static_cast<size_t>(k)] /= sum;
  }
}

}  // namespace

const Op kSoftmax = {
    .name = "softmax",
    .doc =
        "y[..., k] = exp(x[..., k] − t) / Σ over j of exp(x[..., j] − t), t the largest of the row; f32, over the "
        "last axis.",
    .operands = {"x"},
    .results = {"y"},
    .attributes = {},
    .infer = InferLastAxis,
    .flops = FlopsAnElement<5>,  // maximum, difference, exponential, sum, quotient
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kReduction,
};

}  // namespace brine::ir
