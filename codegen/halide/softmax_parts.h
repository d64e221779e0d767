// Shared by softmax and log_softmax: the maximum and the sum of each row.
#ifndef BRINE_CODEGEN_HALIDE_SOFTMAX_PARTS_H_
#define BRINE_CODEGEN_HALIDE_SOFTMAX_PARTS_H_

#include "codegen/halide/algorithm.h"

namespace brine::codegen {

struct SoftmaxParts {
  Halide::Expr shifted, exponential, total;  // x − top, its exponential, and the sum of a row's exponentials
  std::vector<Accumulator> accumulators;
};

SoftmaxParts MakeSoftmaxParts(const LoweringContext& context);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SOFTMAX_PARTS_H_
