#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y[…, k, …] = x[…, begin + k, …]
Lowered LowerSlice(const LoweringContext& context) {
  const ir::Attributes& attributes = context.attributes();
  Index index = ToIndex(Axes(context.result_types[0].rank()));
  index[static_cast<size_t>(attributes.Int("axis"))] += static_cast<int>(attributes.Int("begin"));
  return LowerPure(context, {context.operands[0](index)});
}

}  // namespace

const Algorithm kSlice = {&LowerSlice};

}  // namespace brine::codegen
