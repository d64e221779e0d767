#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

// y = max(x, 0).
Lowered LowerRelu(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  return Pure(context, {Halide::max(context.in[0](at), 0.0f)});
}

}  // namespace

const Algorithm kRelu = {&LowerRelu};

}  // namespace brine::codegen
