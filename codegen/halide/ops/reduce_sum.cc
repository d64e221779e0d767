#include <algorithm>

#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

constexpr int64_t kMinElementsForParts = 8192;  // of the operand; a shorter sum is done before other threads wake up
constexpr int64_t kMaxStepsOfShortSums = 16;    // if all sums are that short, there are enough of them for all tasks

// Whether the sum is long enough to be cut into parts along the outermost of the axes `reduced`.  Sums of rows are not:
// there usually are enough of them for all tasks.
bool IsLong(const LoweringContext& context, const std::vector<int64_t>& reduced) {
  const ir::Shape& shape = context.operands[0].type.shape;
  int64_t elements = 1, steps = 1;
  for (ir::Dim dim : shape) elements *= context.LargestExtent(dim);
  for (int64_t axis : reduced) steps *= context.LargestExtent(shape[static_cast<size_t>(axis)]);
  const bool are_rows = shape.size() > 1 && reduced[0] + 1 == static_cast<int64_t>(shape.size());
  return !are_rows && elements >= kMinElementsForParts && steps > kMaxStepsOfShortSums &&
         context.LargestExtent(shape[static_cast<size_t>(reduced[0])]) > 1;
}

// The index of the element of x that is added to the result at Axes(rank).  Along the axes `reduced` it is `steps`.
Index ElementOf(const LoweringContext& context, const std::vector<int64_t>& reduced, const std::vector<Expr>& steps) {
  const bool keeps_dims = context.attributes().Bool("keep_dims");
  const std::vector<Var> axes = Axes(context.result_types[0].rank());
  Index element;
  size_t next_reduced = 0, next_kept = 0;
  for (int axis = 0; axis < context.operands[0].type.rank(); ++axis) {
    if (next_reduced < reduced.size() && reduced[next_reduced] == axis) {
      element.push_back(steps[next_reduced++]);
      if (keeps_dims) ++next_kept;
    } else {
      element.push_back(axes[next_kept++]);
    }
  }
  return element;
}

// y = Σ of x over the axes of the attribute, in C order.  A long sum is cut into parts along the outermost of these
// axes.
Lowered LowerReduceSum(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const std::vector<int64_t>& reduced = context.attributes().Ints("axes");
  const auto extent = [&](size_t axis) { return x.type.shape[static_cast<size_t>(reduced[axis])]; };
  const bool sums_rows = reduced.back() == x.type.rank() - 1, is_long = IsLong(context, reduced);
  const ReductionParts parts(context, extent(0));

  // The domain has the innermost reduced axis first.  If the sum is cut, its last axis covers the steps of one part.
  Halide::Region region;
  for (size_t axis = reduced.size(); axis-- > 0;)
    region.push_back({0, is_long && axis == 0 ? Expr(parts.elements_per_part()) : context.Extent(extent(axis))});
  RDom r(region);
  std::vector<Expr> steps;
  for (size_t axis = 0; axis < reduced.size(); ++axis) steps.push_back(r[static_cast<int>(reduced.size() - 1 - axis)]);

  const std::vector<Var> axes = Axes(context.result_types[0].rank()),
                         axes_with_part = Axes(context.result_types[0].rank() + 1);
  if (is_long) {
    const Var& part = axes_with_part[0];
    parts.RestrictDomain(r, part, steps[0]);
    steps[0] = parts.ElementIndex(part, steps[0]);
    Func sum = MakeFunc("part_sum", axes_with_part, {0.0f});
    sum(Reversed(axes_with_part)) += x(ElementOf(context, reduced, steps));
    // The axis that is cut has a condition on its steps, which vectors would have to test for each lane.
    const Accumulator part_sum = {sum, r, Accumulator::Kind::kWindow, sums_rows && reduced.size() > 1};
    return parts.LowerTotal(part_sum, context.result_types[0].shape);
  }
  Func sum = MakeFunc("sum", axes, {0.0f});
  sum(Reversed(axes)) += x(ElementOf(context, reduced, steps));
  Lowered lowered = LowerPure(context, {sum(Reversed(axes))});
  lowered.accumulators = {{sum, r, Accumulator::Kind::kWindow, sums_rows}};
  return lowered;
}

}  // namespace

const Algorithm kReduceSum = {&LowerReduceSum};

}  // namespace brine::codegen
