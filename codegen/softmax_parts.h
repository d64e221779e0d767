// What softmax and log_softmax share: the maximum and the sum of each row.
#ifndef BRINE_CODEGEN_SOFTMAX_PARTS_H_
#define BRINE_CODEGEN_SOFTMAX_PARTS_H_

#include "codegen/algorithm.h"

namespace brine::codegen {

struct SoftmaxParts {
  Halide::Expr shifted, exponential, total;  // x − top, its exponential, and the row's sum of those
  std::vector<Accumulator> accumulators;
};

SoftmaxParts MakeSoftmaxParts(const LoweringContext& context);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_SOFTMAX_PARTS_H_
