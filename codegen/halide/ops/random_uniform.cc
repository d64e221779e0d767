#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y[e] = u(e).  The operands are seed and step.
Lowered LowerRandomUniform(const LoweringContext& context) {
  const Halide::Expr element = ElementOfBatch(context, context.operands[1]);
  return LowerPure(context,
                   {RandomUniform(element, context.operands[0], context.operands[1], context.attributes().Int("id"))});
}

}  // namespace

const Algorithm kRandomUniform = {&LowerRandomUniform};

}  // namespace brine::codegen
