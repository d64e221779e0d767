#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y[…, k] = 1 where x[…] = k, else 0.
Lowered LowerOneHot(const LoweringContext& context) {
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  const Index row(index.begin(), index.end() - 1);
  return LowerPure(context, {Halide::select(context.operands[0](row) == index.back(), 1.0f, 0.0f)});
}

}  // namespace

const Algorithm kOneHot = {&LowerOneHot};

}  // namespace brine::codegen
