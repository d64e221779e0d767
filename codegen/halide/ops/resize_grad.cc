#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// The elements i of y that have the element p of x as a term.  They are at most `count`, and the first is `first`.
// `weight` is what p gets of i.
struct Taps {
  int count;
  Expr first, weight;
};

// i takes part of p if |(i + ½)·e / e' − ½ − p| < 1.
Taps BilinearTaps(const Expr& p, const Halide::Var& tap, int extent, int size) {
  const Expr first = ((2 * p - 1) * size - extent) / (2 * extent) + 1, i = first + tap;
  const Expr position = (2 * i + 1) * extent - size, below = position / (2 * size);
  const Expr share = Halide::cast<float>(position % (2 * size)) * (0.5f / static_cast<float>(size));
  const Expr weight = Halide::select(Halide::max(below, 0) == p, 1.0f - share, 0.0f) +
                      Halide::select(Halide::min(below + 1, extent - 1) == p, share, 0.0f);
  return {CeilDiv(2 * int64_t{size}, extent), first, Halide::select(IsInside(i, size), weight, 0.0f)};
}

// i takes p if ⌊(i + ½)·e / e'⌋ = p.
Taps NearestTaps(const Expr& p, const Halide::Var& tap, int extent, int size) {
  const Expr first = (2 * p * size + extent - 1) / (2 * extent), i = first + tap;
  const Expr takes = IsInside(i, size) && (2 * i + 1) * extent / (2 * size) == p;
  return {CeilDiv(size, extent), first, Halide::select(takes, 1.0f, 0.0f)};
}

// dx[…, p, …] = Σ over the taps i of p of weight(p, i)·dy[…, i, …].  The weights are a table.
Lowered LowerResizeGrad(const LoweringContext& context) {
  const Tensor& dy = context.operands[0];
  const size_t axis = static_cast<size_t>(context.attributes().Int("axis"));
  const ir::Shape& shape = context.result_types[0].shape;
  const int extent = static_cast<int>(shape[axis]), size = static_cast<int>(dy.type.shape[axis]);
  const auto taps_of = context.attributes().String("interpolation") == "nearest" ? NearestTaps : BilinearTaps;
  StoredFunc weights;  // [p, tap]
  weights.func = MakeFunc("weights", Axes(2), {taps_of(Axis(1), Axis(0), extent, size).weight});

  const std::vector<Halide::Var> axes = Axes(static_cast<int>(shape.size()));
  Index index = ToIndex(axes);
  const Expr p = index[axis];
  const Taps taps = taps_of(p, Axis(0), extent, size);
  weights.shape = {extent, taps.count};
  const Halide::RDom r(0, taps.count);
  index[axis] = Halide::clamp(taps.first + r.x, 0, size - 1);
  Halide::Func sum = MakeFunc("sum", axes, {0.0f});
  sum(Reversed(axes)) += weights.func({r.x, p}) * dy(index);
  Lowered lowered = LowerPure(context, {sum(Reversed(axes))});
  lowered.stored_funcs = {weights};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kWindow}};
  return lowered;
}

}  // namespace

const Algorithm kResizeGrad = {&LowerResizeGrad};

}  // namespace brine::codegen
