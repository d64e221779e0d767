// What softmax and log_softmax share: the maximum of each row, and the sum of its exponentials.
#ifndef BRINE_CODEGEN_HALIDE_SOFTMAX_PARTS_H_
#define BRINE_CODEGEN_HALIDE_SOFTMAX_PARTS_H_

#include "codegen/halide/algorithm.h"

namespace brine::codegen {

// The terms of softmax(x) = e^(x − max) / Σ e^(x − max) for the element at Axes(rank); both reductions are over the
// last axis of x.  Without the maximum, the exponentials could overflow.
struct SoftmaxParts {
  Halide::Expr shifted;      // x − max
  Halide::Expr exponential;  // e^(x − max)
  Halide::Expr total;        // Σ e^(x − max)
  std::vector<Accumulator> accumulators;
};

// The parts for the first operand of the op.
SoftmaxParts MakeSoftmaxParts(const LoweringContext& context);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SOFTMAX_PARTS_H_
