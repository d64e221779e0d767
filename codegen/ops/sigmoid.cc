#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

// y = 1 / (1 + e⁻ˣ).
Lowered LowerSigmoid(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  return Pure(context, {1.0f / (1.0f + Halide::exp(-context.in[0](at)))});
}

}  // namespace

const Algorithm kSigmoid = {&LowerSigmoid};

}  // namespace brine::codegen
