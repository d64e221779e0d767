#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y[i, j, …] = x[i + begin[0], j + begin[1], …]
Lowered LowerSlice(const LoweringContext& context) {
  Index index = ToIndex(Axes(context.result_types[0].rank()));
  const std::vector<int64_t>& begin = context.attributes().Ints("begin");
  for (size_t axis = 0; axis < index.size(); ++axis) index[axis] += static_cast<int>(begin[axis]);
  return LowerPure(context, {context.operands[0](index)});
}

}  // namespace

const Algorithm kSlice = {&LowerSlice};

}  // namespace brine::codegen
