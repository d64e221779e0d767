#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y[i] = x[j], where j[permutation[k]] = i[k]
Lowered LowerTranspose(const LoweringContext& context) {
  const std::vector<int64_t>& permutation = context.attributes().Ints("permutation");
  const Index index = ToIndex(Axes(context.result_types[0].rank()));
  Index source(index.size());
  for (size_t axis = 0; axis < index.size(); ++axis) source[static_cast<size_t>(permutation[axis])] = index[axis];
  return LowerPure(context, {context.operands[0](source)});
}

}  // namespace

const Algorithm kTranspose = {&LowerTranspose};

}  // namespace brine::codegen
