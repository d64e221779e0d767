#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// p' = p − rate·g.
Lowered LowerSgd(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  const auto& in = context.in;
  return Pure(context, {in[0](at) - in[2]({}) * in[1](at)});
}

}  // namespace

const Algorithm kSgd = {&LowerSgd};

}  // namespace brine::codegen
