#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y = x, repeated along the axes that x lacks or where its extent is 1.
Lowered LowerBroadcast(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  return Pure(context, {context.in[0](Broadcast(context.in[0].type, at))});
}

}  // namespace

const Algorithm kBroadcast = {&LowerBroadcast};

}  // namespace brine::codegen
