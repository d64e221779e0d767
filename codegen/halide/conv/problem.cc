#include "codegen/halide/conv/problem.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/op.h"

namespace brine::codegen {

double ConvProblem::products() const {
  return double{1} * batch * rows * columns * filters * channels_per_group() * window.size[0] * window.size[1];
}

std::array<int, 2> ConvProblem::BorderedSize() const {
  return {height + window.before[0] + window.after[0], width + window.before[1] + window.after[1]};
}

namespace {

// The shapes of y = conv(x, w), of which two belong to operands and one to the result.
struct ConvShapes {
  ConvDirection direction;
  const ir::Shape &x, &w, &y;
};

ConvShapes ShapesOf(const KernelSpec& spec) {
  const ir::Shape &a = spec.shape(spec.operand(0)), &b = spec.shape(spec.operand(1)), &result = spec.sums_shape();
  const ConvDirection direction = spec.hero->op->form->convolution;
  BRINE_CHECK(direction != ConvDirection::kNone);
  if (direction == ConvDirection::kInputGrad) return {.direction = direction, .x = result, .w = b, .y = a};
  if (direction == ConvDirection::kWeightGrad) return {.direction = direction, .x = a, .w = result, .y = b};
  return {.direction = direction, .x = a, .w = b, .y = result};
}

}  // namespace

ConvProblem ConvProblemOf(const KernelSpec& spec) {
  const ConvShapes shapes = ShapesOf(spec);
  const auto extent = [](const ir::Shape& shape, size_t axis) { return static_cast<int>(shape[axis]); };
  ConvProblem problem = {
      .direction = shapes.direction,
      .window = ir::ConvolutionWindow(*spec.hero, shapes.w),
      .groups = ir::ConvolutionGroups(*spec.hero),
      .height = extent(shapes.x, 1),
      .width = extent(shapes.x, 2),
      .channels = extent(shapes.x, 3),
      .rows = extent(shapes.y, 1),
      .columns = extent(shapes.y, 2),
      .filters = extent(shapes.y, 3),
      .batch = static_cast<int>(spec.batch_size()),
  };
  if (spec.pool != nullptr) {
    const Window pool = ir::PoolWindow(*spec.pool);
    problem.pool_rows = pool.size[0];
    problem.pool_columns = pool.size[1];
  }
  return problem;
}

int LanesInGroup(int filters, int groups, const Machine& machine) {
  if (groups == 1) return std::min(filters, machine.lanes);
  int lanes = machine.lanes;
  while (filters / groups % lanes != 0) lanes /= 2;
  return lanes;
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
