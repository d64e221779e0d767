#include <functional>

#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

constexpr int64_t kDeep = 512, kFewResults = 1 << 16;
constexpr int64_t kRowsForPanel = 24;  // of results; with fewer, a copy of the right operand is not read often enough

// A copy of `b`[k, m] that a column of tiles reads.  Its rows are contiguous, while those of b have a stride that puts
// them into the same few sets of a cache.  The index order is [k, m].
Func AddPanel(const std::function<Expr(const Expr& k, const Expr& m)>& b, int depth, int width,
              std::vector<Root>* roots) {
  Root packed;
  packed.func = MakeFunc("packed", Axes(2), {b(Axis(1), Axis(0))});
  packed.shape = {depth, width};
  packed.panel = true;
  roots->push_back(packed);
  return packed.func;
}

// Whether the panel of some columns of tiles fits the task's stack, and is read often enough.
bool WorthPanel(const LoweringContext& context, int64_t depth, int64_t rows) {
  return rows >= kRowsForPanel && PanelBytes(depth, context.lanes) <= kLargestPanel;
}

// y[n, m] = Σ over k of a[n, k] · b[k, m] for long k and few results.  A part of the sum reads its rows of b once, from
// end to end, while each tile over all of k would fetch a column of cache lines with the stride of a row.  Then the
// parts are added in order.
Lowered LowerDeepProduct(const LoweringContext& context) {
  const Tensor &a = context.in[0], &b = context.in[1];
  const Parts parts(context, a.type.shape[1]);
  const Var m = Axis(0), n = Axis(1), part = Axis(2);
  RDom r(0, parts.elements());
  parts.Limit(r, part, r);
  const Expr k = parts.Element(part, r),
             row = a.type.shape[0] == ir::kBatch ? Halide::min(n, context.rows - 1) : Expr(n);
  Func sum = MakeFunc("part_sum", Axes(3), {0.0f});
  sum(m, n, part) += a({row, k}) * b({k, m});
  return parts.Total(sum, r, Accumulator::Kind::kTile, context.out[0].shape);
}

bool IsDeep(const LoweringContext& context) {
  const ir::Type &a = context.in[0].type, &y = context.out[0];
  return a.rank() == 2 && a.shape[1] >= kDeep && context.LargestExtent(y.shape[0]) * y.shape[1] <= kFewResults &&
         a.shape[1] >= 4 * y.shape[1];
}

// y[…, m] = Σ over k of a[…, k] · b[k, m], or of b[m, k] if it is transposed; that one is copied with m innermost.
Lowered LowerProduct(const LoweringContext& context) {
  const Tensor &a = context.in[0], &b = context.in[1];
  const std::vector<Var> axes = Axes(context.out[0].rank());
  const int depth = static_cast<int>(a.type.shape.back()), width = static_cast<int>(context.out[0].shape.back());
  const RDom r(0, depth);
  Lowered lowered;

  int64_t rows = 1;
  for (size_t axis = 0; axis + 1 < context.out[0].shape.size(); ++axis)
    rows *= context.LargestExtent(context.out[0].shape[axis]);
  const bool transposed = context.attributes().Bool("transpose_b");
  Expr weight;
  if (transposed || (axes.size() == 2 && WorthPanel(context, depth, rows))) {
    const auto element = [&](const Expr& k, const Expr& m) { return transposed ? b({m, k}) : b({k, m}); };
    weight = AddPanel(element, depth, width, &lowered.roots)(axes.back(), r.x);
  } else {
    weight = b({r.x, axes.back()});
  }

  Index row = ToIndex(axes);
  row.back() = r.x;
  // A tile may reach past the last row of a partial batch.  There the row is clamped to the last one, and the sums are
  // discarded.
  if (axes.size() == 2 && context.out[0].shape[0] == ir::kBatch) row[0] = Halide::min(row[0], context.rows - 1);
  Func sum = MakeFunc("product", axes, {0.0f});
  sum(Reversed(axes)) += a(row) * weight;
  lowered.results = {MakeFunc("matmul", axes, {sum(Reversed(axes))})};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  return lowered;
}

// y[k, m] = Σ over all leading axes of a[…, k] · b[…, m], in C order.
Lowered LowerProductOverRows(const LoweringContext& context) {
  const Tensor &a = context.in[0], &b = context.in[1];
  const Var k = Axis(1), m = Axis(0);
  Halide::Region region;
  for (size_t axis = a.type.shape.size() - 1; axis-- > 0;) region.push_back({0, context.Extent(a.type.shape[axis])});
  if (region.empty()) region.push_back({0, 1});
  const RDom r(region);
  Index row;
  for (int axis = a.type.rank() - 2; axis >= 0; --axis) row.push_back(r[axis]);
  Index left = row, right = row;
  left.push_back(k);
  right.push_back(m);
  Lowered lowered;
  Expr weight = b(right);
  const int64_t depth = row.size() == 1 ? context.LargestExtent(a.type.shape[0]) : 0;
  if (depth > 0 && WorthPanel(context, depth, a.type.shape.back())) {
    const auto element = [&](const Expr& n, const Expr& column) { return b({n, column}); };
    weight =
        AddPanel(element, static_cast<int>(depth), static_cast<int>(context.out[0].shape[1]), &lowered.roots)(m, r[0]);
  }
  Func sum = MakeFunc("product", Axes(2), {0.0f});
  sum(m, k) += a(left) * weight;
  lowered.results = {MakeFunc("matmul", Axes(2), {sum(m, k)})};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  return lowered;
}

Lowered LowerMatmul(const LoweringContext& context) {
  if (context.attributes().Bool("transpose_a")) return LowerProductOverRows(context);
  return !context.attributes().Bool("transpose_b") && IsDeep(context) ? LowerDeepProduct(context)
                                                                      : LowerProduct(context);
}

}  // namespace

const Algorithm kMatmul = {&LowerMatmul};

}  // namespace brine::codegen
