#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// p' = p − α·g with the gradient g and the learning rate α.  The operands are p, g and α.
Lowered LowerSgd(const LoweringContext& context) {
  const std::vector<Tensor>& operands = context.operands;
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  return LowerPure(context, {operands[0](index) - operands[2]({}) * operands[1](index)});
}

}  // namespace

const Algorithm kSgd = {&LowerSgd};

}  // namespace brine::codegen
