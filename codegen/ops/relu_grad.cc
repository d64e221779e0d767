#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

// dx = dy where y > 0, else 0.
Lowered LowerReluGrad(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  return Pure(context, {Halide::select(context.in[1](at) > 0.0f, context.in[0](at), 0.0f)});
}

}  // namespace

const Algorithm kReluGrad = {&LowerReluGrad};

}  // namespace brine::codegen
