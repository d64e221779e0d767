#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

// y = a + b, with broadcasting.
Lowered LowerAdd(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  const Tensor &a = context.in[0], &b = context.in[1];
  return Pure(context, {a(Broadcast(a.type, at)) + b(Broadcast(b.type, at))});
}

}  // namespace

const Algorithm kAdd = {&LowerAdd};

}  // namespace brine::codegen
