#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y = x in another type.  A float loses its fraction when it becomes an integer.
Lowered LowerCast(const LoweringContext& context) {
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  return LowerPure(context, {Halide::cast(ToHalide(context.result_types[0].dtype), context.operands[0](index))});
}

}  // namespace

const Algorithm kCast = {&LowerCast};

}  // namespace brine::codegen
