#include <functional>

#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

// The fewest rows of results with which a panel pays; with fewer, it is not read often enough.
constexpr int64_t kMinPanelRows = 24;

// A copy of b[k, m], in the index order [k, m], of which a column of tiles reads the same columns.  In a panel, the
// rows of these columns are contiguous; in b itself, they may lie in the same few sets of a cache.
Func AddPanel(const std::function<Expr(const Expr& k, const Expr& m)>& b, int depth, int width,
              std::vector<StoredFunc>* stored_funcs) {
  StoredFunc panel;
  panel.func = MakeFunc("packed", Axes(2), {b(Axis(1), Axis(0))});
  panel.shape = {depth, width};
  panel.is_panel = true;
  stored_funcs->push_back(panel);
  return panel.func;
}

// Whether a panel for one column of tiles fits the stack of a task and is read often enough.
bool IsPanelWorthwhile(const LoweringContext& context, int64_t depth, int64_t rows) {
  return rows >= kMinPanelRows && PanelBytes(depth, context.machine.lanes) <= kMaxPanelBytes;
}

// y[n, m] = Σ over k of a[n, k] · b[k, m], cut into parts along k.  A part reads its rows of b from end to end, and
// each of them once.  A tile over all of k would instead read a column of cache lines, at the distance of a row of b.
Lowered LowerSplitProduct(const LoweringContext& context) {
  const Tensor &a = context.operands[0], &b = context.operands[1];
  const ReductionParts parts(context, a.type.shape[1]);
  const Var m = Axis(0), n = Axis(1), part = Axis(2);
  RDom r(0, parts.elements_per_part());
  parts.RestrictDomain(r, part, r);
  const Expr k = parts.ElementIndex(part, r),
             row = a.type.shape[0] == ir::kBatch ? Halide::min(n, context.batch_extent - 1) : Expr(n);
  Func sum = MakeFunc("part_sum", Axes(3), {0.0f});
  sum(m, n, part) += a({row, k}) * b({k, m});
  return parts.LowerTotal({sum, r, Accumulator::Kind::kTile}, context.result_types[0].shape);
}

// y[…, m] = Σ over k of a[…, k] · b[k, m], or, with transpose_b, of a[…, k] · b[m, k].  A transposed b is copied with m
// innermost.
Lowered LowerProduct(const LoweringContext& context) {
  const Tensor &a = context.operands[0], &b = context.operands[1];
  const std::vector<Var> axes = Axes(context.result_types[0].rank());
  const int depth = static_cast<int>(a.type.shape.back()),
            width = static_cast<int>(context.result_types[0].shape.back());
  const RDom r(0, depth);
  Lowered lowered;

  int64_t rows = 1;
  for (size_t axis = 0; axis + 1 < context.result_types[0].shape.size(); ++axis)
    rows *= context.LargestExtent(context.result_types[0].shape[axis]);
  const bool is_b_transposed = context.attributes().Bool("transpose_b");
  Expr right;
  if (is_b_transposed || (axes.size() == 2 && IsPanelWorthwhile(context, depth, rows))) {
    const auto element = [&](const Expr& k, const Expr& m) { return is_b_transposed ? b({m, k}) : b({k, m}); };
    right = AddPanel(element, depth, width, &lowered.stored_funcs)(axes.back(), r.x);
  } else {
    right = b({r.x, axes.back()});
  }

  Index left_index = ToIndex(axes);
  left_index.back() = r.x;
  // A tile may reach past the last row.  Rows past the last one are clamped to it, and their sums are discarded.
  if (axes.size() == 2 && context.result_types[0].shape[0] == ir::kBatch)
    left_index[0] = Halide::min(left_index[0], context.batch_extent - 1);
  Func sum = MakeFunc("product", axes, {0.0f});
  sum(Reversed(axes)) += a(left_index) * right;
  lowered.results = {MakeFunc("matmul", axes, {sum(Reversed(axes))})};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  return lowered;
}

// y[k, m] = Σ over all leading axes of a[…, k] · b[…, m], in C order.  This is transpose_a.
Lowered LowerProductOverRows(const LoweringContext& context) {
  const Tensor &a = context.operands[0], &b = context.operands[1];
  const Var k = Axis(1), m = Axis(0);
  Halide::Region region;
  for (size_t axis = a.type.shape.size() - 1; axis-- > 0;) region.push_back({0, context.Extent(a.type.shape[axis])});
  if (region.empty()) region.push_back({0, 1});
  const RDom r(region);
  Index row;
  for (int axis = a.type.rank() - 2; axis >= 0; --axis) row.push_back(r[axis]);
  Index left_index = row, right_index = row;
  left_index.push_back(k);
  right_index.push_back(m);
  Lowered lowered;
  Expr right = b(right_index);
  const int64_t depth = row.size() == 1 ? context.LargestExtent(a.type.shape[0]) : 0;
  if (depth > 0 && IsPanelWorthwhile(context, depth, a.type.shape.back())) {
    const auto element = [&](const Expr& n, const Expr& column) { return b({n, column}); };
    right = AddPanel(element, static_cast<int>(depth), static_cast<int>(context.result_types[0].shape[1]),
                     &lowered.stored_funcs)(m, r[0]);
  }
  Func sum = MakeFunc("product", Axes(2), {0.0f});
  sum(m, k) += a(left_index) * right;
  lowered.results = {MakeFunc("matmul", Axes(2), {sum(m, k)})};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  return lowered;
}

Lowered LowerMatmul(const LoweringContext& context) {
  if (context.attributes().Bool("transpose_a")) return LowerProductOverRows(context);
  return LowerProduct(context);
}

}  // namespace

const Algorithm kMatmul = {.lower = &LowerMatmul, .lower_split = &LowerSplitProduct};

}  // namespace brine::codegen
