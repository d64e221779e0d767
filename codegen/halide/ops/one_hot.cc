#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y[…, k] = 1 where x[…] = k, else 0.
Lowered LowerOneHot(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  const Index row(at.begin(), at.end() - 1);
  return Pure(context, {Halide::select(context.in[0](row) == at.back(), 1.0f, 0.0f)});
}

}  // namespace

const Algorithm kOneHot = {&LowerOneHot};

}  // namespace brine::codegen
