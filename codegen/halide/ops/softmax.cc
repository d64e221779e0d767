#include "codegen/halide/algorithm.h"
#include "codegen/halide/softmax_parts.h"

namespace brine::codegen {
namespace {

// y = e^(x − top) / Σ e^(x − top) along the last axis, top its maximum.
Lowered LowerSoftmax(const LoweringContext& context) {
  const SoftmaxParts parts = MakeSoftmaxParts(context);
  Lowered lowered = Pure(context, {parts.exponential / parts.total});
  lowered.accumulators = parts.accumulators;
  return lowered;
}

}  // namespace

const Algorithm kSoftmax = {&LowerSoftmax};

}  // namespace brine::codegen
