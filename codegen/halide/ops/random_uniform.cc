#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y[e] = u(e).  The operands are seed and step.
Lowered LowerRandomUniform(const LoweringContext& context) {
  const Halide::Expr element = FlatIndex(context, context.result_types[0].shape, context.result_index);
  return LowerPure(context,
                   {RandomUniform(element, context.operands[0], context.operands[1], context.attributes().Int("id"))});
}

}  // namespace

const Algorithm kRandomUniform = {&LowerRandomUniform};

}  // namespace brine::codegen
