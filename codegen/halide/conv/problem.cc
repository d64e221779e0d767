#include "codegen/halide/conv/problem.h"

#include "absl/strings/str_cat.h"
#include "ir/op.h"

namespace brine::codegen {

double ConvProblem::products() const {
  return double{1} * batch * rows * columns * filters * (channels / groups) * window.size[0] * window.size[1];
}

ConvProblem ConvProblemOf(const KernelSpec& spec) {
  const ir::Node& hero = *spec.hero;
  // Of x, w and y, two are operands and one is the result.
  const bool forward = hero.op == &ir::kConv2D, of_input = hero.op == &ir::kConv2DInputGrad;
  const ConvDirection direction = forward    ? ConvDirection::kForward
                                  : of_input ? ConvDirection::kInputGrad
                                             : ConvDirection::kWeightGrad;
  const ir::Shape& x = of_input ? spec.sums_shape() : spec.shape(hero.inputs[0]);
  const ir::Shape& w = forward || of_input ? spec.shape(hero.inputs[1]) : spec.sums_shape();
  const ir::Shape& y = forward ? spec.sums_shape() : spec.shape(hero.inputs[of_input ? 0 : 1]);
  const auto extent = [](const ir::Shape& shape, size_t axis) { return static_cast<int>(shape[axis]); };
  ConvProblem problem = {direction,
                         ir::ConvolutionWindow(hero, w),
                         ir::ConvolutionGroups(hero),
                         extent(x, 1),
                         extent(x, 2),
                         extent(x, 3),
                         extent(y, 1),
                         extent(y, 2),
                         extent(y, 3),
                         static_cast<int>(spec.batch_size())};
  if (spec.pool != nullptr) {
    const Window pool = ir::PoolWindow(*spec.pool);
    problem.pool_rows = pool.size[0];
    problem.pool_columns = pool.size[1];
  }
  return problem;
}

std::string NeedsOneGroup(const ConvProblem& problem) {
  return problem.groups == 1 ? "" : absl::StrCat("it has ", problem.groups, " groups");
}

std::string NeedsNoDilation(const ConvProblem& problem) {
  return problem.window.dilation[0] == 1 && problem.window.dilation[1] == 1 ? "" : "its taps are dilated";
}

std::string NeedsUnitStrides(const ConvProblem& problem) {
  return problem.window.stride[0] == 1 && problem.window.stride[1] == 1 ? "" : "its strides are not 1";
}

}  // namespace brine::codegen
