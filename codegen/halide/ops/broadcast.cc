#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y = x, repeated along the axes that x lacks and along those of extent 1.
Lowered LowerBroadcast(const LoweringContext& context) {
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  return LowerPure(context, {context.operands[0](BroadcastIndex(context.operands[0].type, index))});
}

}  // namespace

const Algorithm kBroadcast = {&LowerBroadcast};

}  // namespace brine::codegen
