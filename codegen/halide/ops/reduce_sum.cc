#include <algorithm>

#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

constexpr int64_t kWorthParts = 8192;  // elements

// Whether the sum is long enough to be cut into parts along its outermost axis.
bool IsLong(const LoweringContext& context, const std::vector<int64_t>& reduced) {
  const ir::Shape& shape = context.in[0].type.shape;
  int64_t elements = 1;
  for (ir::Dim dim : shape) elements *= context.LargestExtent(dim);
  return elements >= kWorthParts && !reduced.empty() &&
         context.LargestExtent(shape[static_cast<size_t>(reduced[0])]) > 1;
}

// The element of x that is summed for the axes of the result, where the axes `reduced` have the indices `steps`.
Index ElementOf(const LoweringContext& context, const std::vector<int64_t>& reduced, const std::vector<Expr>& steps) {
  const bool keep = context.attributes().Bool("keep_dims");
  const std::vector<Var> axes = Axes(context.out[0].rank());
  Index element;
  size_t next = 0, kept = 0;
  for (int axis = 0; axis < context.in[0].type.rank(); ++axis) {
    if (next < reduced.size() && reduced[next] == axis) {
      element.push_back(steps[next++]);
      if (keep) ++kept;
    } else {
      element.push_back(axes[kept++]);
    }
  }
  return element;
}

// y = Σ of x over the attribute's axes, in C order.  Long sums are cut along the outermost of these axes into parts.
Lowered LowerReduceSum(const LoweringContext& context) {
  const Tensor& x = context.in[0];
  const std::vector<int64_t>& reduced = context.attributes().Ints("axes");
  const auto extent = [&](size_t axis) { return x.type.shape[static_cast<size_t>(reduced[axis])]; };
  const bool is_long = IsLong(context, reduced);
  const Parts parts(context, extent(0));

  // The domain has the innermost reduced axis first; with parts, its last axis covers one part.
  Halide::Region region;
  for (size_t axis = reduced.size(); axis-- > 0;)
    region.push_back({0, is_long && axis == 0 ? Expr(parts.elements()) : context.Extent(extent(axis))});
  RDom r(region);
  std::vector<Expr> steps;
  for (size_t axis = 0; axis < reduced.size(); ++axis) steps.push_back(r[static_cast<int>(reduced.size() - 1 - axis)]);

  const std::vector<Var> axes = Axes(context.out[0].rank()), with_part = Axes(context.out[0].rank() + 1);
  if (is_long) {
    const Var& part = with_part[0];
    parts.Limit(r, part, steps[0]);
    steps[0] = parts.Element(part, steps[0]);
    Func sum = MakeFunc("part_sum", with_part, {0.0f});
    sum(Reversed(with_part)) += x(ElementOf(context, reduced, steps));
    return parts.Total(sum, r, Accumulator::Kind::kWindow, context.out[0].shape);
  }
  Func sum = MakeFunc("sum", axes, {0.0f});
  sum(Reversed(axes)) += x(ElementOf(context, reduced, steps));
  Lowered lowered = Pure(context, {sum(Reversed(axes))});
  lowered.accumulators = {{sum, r, Accumulator::Kind::kWindow}};
  return lowered;
}

}  // namespace

const Algorithm kReduceSum = {&LowerReduceSum};

}  // namespace brine::codegen
