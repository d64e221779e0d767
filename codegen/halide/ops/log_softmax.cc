#include "codegen/halide/algorithm.h"
#include "codegen/halide/softmax_parts.h"

namespace brine::codegen {
namespace {

// y = x − max − ln Σ e^(x − max) along the last axis, where max is the maximum of the row.
Lowered LowerLogSoftmax(const LoweringContext& context) {
  const SoftmaxParts parts = MakeSoftmaxParts(context);
  Lowered lowered = LowerPure(context, {parts.shifted - Halide::log(parts.total)});
  lowered.accumulators = parts.accumulators;
  return lowered;
}

}  // namespace

const Algorithm kLogSoftmax = {&LowerLogSoftmax};

}  // namespace brine::codegen
