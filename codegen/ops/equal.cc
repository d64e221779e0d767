#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

// y = 1 where a and b are the same whole number, else 0.
Lowered LowerEqual(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  return Pure(context, {Halide::select(context.in[0](at) == context.in[1](at), 1.0f, 0.0f)});
}

}  // namespace

const Algorithm kEqual = {&LowerEqual};

}  // namespace brine::codegen
