#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

// y = eˣ.
Lowered LowerExp(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  return Pure(context, {Halide::exp(context.in[0](at))});
}

}  // namespace

const Algorithm kExp = {&LowerExp};

}  // namespace brine::codegen
