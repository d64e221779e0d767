#include "codegen/halide/algorithm.h"
#include "codegen/halide/softmax_parts.h"

namespace brine::codegen {
namespace {

// y = e^(x − max) / Σ e^(x − max) along the last axis, where max is the maximum of the row.
Lowered LowerSoftmax(const LoweringContext& context) {
  const SoftmaxParts parts = MakeSoftmaxParts(context);
  Lowered lowered = LowerPure(context, {parts.exponential / parts.total});
  lowered.accumulators = parts.accumulators;
  return lowered;
}

}  // namespace

const Algorithm kSoftmax = {&LowerSoftmax};

}  // namespace brine::codegen
