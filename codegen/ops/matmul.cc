#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

// y[…, m] = Σ over k of a[…, k] · b[k, m], or b[m, k] transposed; that one is copied with m innermost.
Lowered LowerProduct(const LoweringContext& context) {
  const Tensor &a = context.in[0], &b = context.in[1];
  const std::vector<Var> axes = Axes(context.out[0].rank());
  const int depth = static_cast<int>(a.type.shape.back()), width = static_cast<int>(context.out[0].shape.back());
  const RDom r(0, depth);
  Lowered lowered;

  Expr weight;
  if (context.attributes().Bool("transpose_b")) {
    const Var m = Axis(0), k = Axis(1);
    Root packed;
    packed.func = MakeFunc("packed", Axes(2), {b({m, k})});
    packed.shape = {depth, width};
    packed.panel = true;
    lowered.roots = {packed};
    weight = packed.func(axes.back(), r.x);
  } else {
    weight = b({r.x, axes.back()});
  }

  Index row = ToIndex(axes);
  row.back() = r.x;
  // A tile may reach past the last row of a partial batch: it reads that row again, and what it sums there is not stored.
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
  Func sum = MakeFunc("product", Axes(2), {0.0f});
  sum(m, k) += a(left) * b(right);
  Lowered lowered;
  lowered.results = {MakeFunc("matmul", Axes(2), {sum(m, k)})};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  return lowered;
}

Lowered LowerMatmul(const LoweringContext& context) {
  return context.attributes().Bool("transpose_a") ? LowerProductOverRows(context) : LowerProduct(context);
}

}  // namespace

const Algorithm kMatmul = {&LowerMatmul};

}  // namespace brine::codegen
