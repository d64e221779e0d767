#include "codegen/halide/algorithm.h"
#include "codegen/halide/softmax_parts.h"

namespace brine::codegen {
namespace {

// y = x − top − ln Σ e^(x − top) along the last axis, top its maximum.
Lowered LowerLogSoftmax(const LoweringContext& context) {
  const SoftmaxParts parts = MakeSoftmaxParts(context);
  Lowered lowered = Pure(context, {parts.shifted - Halide::log(parts.total)});
  lowered.accumulators = parts.accumulators;
  return lowered;
}

}  // namespace

const Algorithm kLogSoftmax = {&LowerLogSoftmax};

}  // namespace brine::codegen
