#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y[…, k, …] = x[…, begin + k, …]
Lowered LowerSlice(const LoweringContext& context) {
  const ir::Attributes& attributes = context.attributes();
  Index at = ToIndex(Axes(context.out[0].rank()));
  at[static_cast<size_t>(attributes.Int("axis"))] += static_cast<int>(attributes.Int("begin"));
  return Pure(context, {context.in[0](at)});
}

}  // namespace

const Algorithm kSlice = {&LowerSlice};

}  // namespace brine::codegen
