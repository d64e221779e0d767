#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y = x in another type. A float becomes a whole number by dropping its fraction.
Lowered LowerCast(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  return Pure(context, {Halide::cast(ToHalide(context.out[0].dtype), context.in[0](at))});
}

}  // namespace

const Algorithm kCast = {&LowerCast};

}  // namespace brine::codegen
