// Products with the rows of the second operand, y[n, c] = Σ over m of a[n, m] · b[c, m], such as the input gradient of
// a dense layer.  Each is a dot product of two contiguous rows, and some of them are computed together.  The weights
// are not transposed, which may take longer than the product.
//
// The gradient of a ReLU is zero where the ReLU was off, which is half of the elements or more, whatever the product
// is.  If the kernel masks its result, only the products that the mask keeps are computed.
#include <algorithm>

#include "codegen/halide/matmul/problem.h"
#include "codegen/halide/sparse/row_lists.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

constexpr int kTogether = 4;  // dot products that share what they load of a

// The terms of dot products over `units`, one vector in each step.  The last vector is shifted inwards to end with the
// row, and the terms that were added before are set to 0.
class DotTerms {
 public:
  DotTerms(const Tensor& a, const Tensor& b, int lanes)
      : a_(a),
        b_(b),
        units_(static_cast<int>(b.type.shape[1])),
        lanes_(lanes),
        ragged_(units_ % lanes != 0),
        step(0, CeilDiv(units_, lanes), "step") {}

  Expr operator()(const Expr& n, const Expr& channel, const Expr& lane) const {
    const Expr unit = (ragged_ ? Halide::min(step * lanes_, units_ - lanes_) : step * lanes_) + lane,
               product = a_({n, unit}) * b_({channel, unit});
    return ragged_ ? Halide::select(unit >= step * lanes_, product, 0.0f) : product;
  }

 private:
  const Tensor a_, b_;
  const int units_, lanes_;
  const bool ragged_;

 public:
  const RDom step;
};

// Rows of b per task, a multiple of the vector width, chosen to stay in cache.
int DotBlockOf(int inputs, int units, const Machine& machine) {
  const int most = static_cast<int>(std::clamp<int64_t>(4 * machine.l1_bytes / (int64_t{units} * 4), machine.lanes,
                                                        kLongestChunk - machine.lanes)) /
                   machine.lanes * machine.lanes;
  return CeilDiv(CeilDiv(inputs, CeilDiv(inputs, most)), machine.lanes) * machine.lanes;
}

// The number of rows, or of groups of `rows` rows, that a task takes of each block.
int DotRowsOf(const LoopContext& context, int blocks, int rows) {
  return CeilDiv(CeilDiv(context.batch_size, rows), std::max(1, static_cast<int>(kTasks) / blocks));
}

std::string CanDotsOfRows(const KernelSpec& spec, const Machine& machine) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  if (std::string reason = NeedsTransposedB(problem); !reason.empty()) return reason;
  if (std::string reason = NeedsFlat(problem); !reason.empty()) return reason;
  if (problem.depth < machine.lanes) return "its rows are shorter than a vector";
  return "";
}

// The cost of a dot product beside its multiply-adds: adding up the lanes of its sum.
double LaneSums(double results, const Machine& machine) { return results * machine.lanes; }

}  // namespace

std::string CanMaskedDots(const KernelSpec& spec, const Machine& machine) {
  if (std::string reason = CanDotsOfRows(spec, machine); !reason.empty()) return reason;
  return spec.mask == ir::kNoValue ? "its result is not masked" : "";
}

Work CostMaskedDots(const KernelSpec& spec, const Machine& machine) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  // A multiply-add loads a vector of both rows, where one along a list of nonzero elements loads one.
  work.sparse_products = 2 * kNonzeroShare * problem.products();
  work.elementwise += kNonzeroShare * LaneSums(Elements(spec, spec.sums()), machine);
  work.tested = Elements(spec, spec.mask);
  return work;
}

ScheduledKernel BuildMaskedDots(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const Tensor a = builder.Read(spec.operand(0)), b_rows = builder.Read(spec.operand(1));
  const int inputs = static_cast<int>(b_rows.type.shape[0]), units = static_cast<int>(b_rows.type.shape[1]);
  const int lanes = context.lanes;
  const Tensor& mask = *builder.Parameter(spec.mask);
  const int block = DotBlockOf(inputs, units, context), blocks = CeilDiv(inputs, block);
  RowLists list(context,
                {context.batch_size, inputs, context.rows, inputs, block, false, [&](const Expr& n, const Expr& c) {
                   return mask({n, c}) > 0.0f;
                 }});

  // dots: a vector of partial sums for each of kTogether entries of the list.  Their sums are stored at the columns
  // that the entries name.  Entries past the last one name a column past the block.
  const Var l("l"), j("j"), g("g"), n = Axis(1), b("b"), c("c");
  const DotTerms terms(a, b_rows, lanes);
  const RDom lane(0, lanes, "lane");
  Func dots("dots"), sums("sums"), row("row");
  const Expr channel = Halide::min(b * block + list.Place(g * kTogether + j, n, b), inputs - 1);
  dots(l, j, g, n, b) = 0.0f;
  dots(l, j, g, n, b) += terms(n, Halide::unsafe_promise_clamped(channel, 0, inputs - 1), l);
  sums(j, g, n, b) = 0.0f;
  sums(j, g, n, b) += dots(lane, j, g, n, b);
  const RDom r(0, kTogether, 0, (block + kTogether - 1) / kTogether, "r");
  RDom listed = r;
  listed.where(r.y * kTogether < list.Count(n, b));  // becomes the bound of the loop
  row(c, n, b) = 0.0f;
  row(Halide::unsafe_promise_clamped(list.Place(listed.y * kTogether + listed.x, n, b), 0, block), n, b) =
      sums(listed.x, listed.y, n, b);

  const Var x = Axis(0);
  Func out = MakeFunc("out", Axes(2), builder.LowerEpilogue(spec.masked, row(x % block, n, x / block)));
  builder.AddOutput(out, spec.results);
  Var tile, group, task;
  out.bound(x, 0, inputs).bound(n, 0, context.rows);
  out.split(x, tile, x, block, TailStrategy::GuardWithIf)
      .split(n, group, n, DotRowsOf(context, blocks, 1), TailStrategy::GuardWithIf)
      .reorder(x, n, tile, group);
  out.vectorize(x, lanes, TailStrategy::GuardWithIf).fuse(tile, group, task).parallel(task);
  row.compute_at(out, n).store_in(kOnStack).bound_extent(c, block + 1).vectorize(c, lanes, TailStrategy::GuardWithIf);
  row.update().reorder(listed.x, listed.y).unroll(listed.x);
  sums.compute_at(row, listed.y).unroll(j);
  sums.update().reorder(lane, j).atomic().vectorize(lane).unroll(j);
  dots.compute_at(row, listed.y).vectorize(l, lanes).unroll(j).bound_extent(j, kTogether);
  dots.update().reorder(l, j, terms.step).vectorize(l, lanes).unroll(j);
  list.Schedule();
  ScheduledKernel kernel = builder.Finish();
  kernel.sparse = spec.mask;
  return kernel;
}

std::string CanDots(const KernelSpec& spec, const Machine& machine) { return CanDotsOfRows(spec, machine); }

Work CostDots(const KernelSpec& spec, const Machine& machine) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  // A step loads a vector of each row and multiplies all pairs of them.
  work.products = problem.products();
  work.tile_utilization = 0.5;
  work.elementwise += LaneSums(Elements(spec, spec.sums()), machine);
  return work;
}

ScheduledKernel BuildDots(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const Tensor a = builder.Read(spec.operand(0)), b_rows = builder.Read(spec.operand(1));
  const int inputs = static_cast<int>(b_rows.type.shape[0]), units = static_cast<int>(b_rows.type.shape[1]);
  const int lanes = context.lanes;
  const int block = DotBlockOf(inputs, units, context), blocks = CeilDiv(inputs, block);
  // Rows that share what is loaded of w.  Their sums fill half of the registers; the other half is for what is loaded.
  const int rows = static_cast<int>(std::min<int64_t>(context.batch_size, context.registers / (2 * kTogether)));

  // A tile is kTogether columns of the block by some rows.  Past the last column and row, indices are clamped to the
  // last one, and those sums are discarded.
  const Var l("l"), j("j"), i("i"), g("g"), h("h"), b("b"), c("c");
  const DotTerms terms(a, b_rows, lanes);
  const RDom lane(0, lanes, "lane");
  Func dots("dots"), sums("sums"), strip("strip");
  dots(l, j, i, g, h, b) = 0.0f;
  dots(l, j, i, g, h, b) +=
      terms(Halide::min(h * rows + i, context.rows - 1), Halide::min(b * block + g * kTogether + j, inputs - 1), l);
  sums(j, i, g, h, b) = 0.0f;
  sums(j, i, g, h, b) += dots(lane, j, i, g, h, b);
  strip(c, i, h, b) = sums(c % kTogether, i, c / kTogether, h, b);

  const Var x = Axis(0), n = Axis(1);
  const Expr sum = strip(x % block, n % rows, n / rows, x / block);
  Func out = MakeFunc("out", Axes(2), builder.LowerEpilogue(spec.sums(), sum));
  builder.AddOutput(out, spec.results);
  Var tile, group, task, line;
  out.bound(x, 0, inputs).bound(n, 0, context.rows);
  out.split(x, tile, x, block, TailStrategy::GuardWithIf).split(n, line, n, rows, TailStrategy::GuardWithIf);
  out.split(line, group, line, DotRowsOf(context, blocks, rows), TailStrategy::GuardWithIf)
      .reorder(x, n, line, tile, group);
  out.vectorize(x, lanes, TailStrategy::GuardWithIf).fuse(tile, group, task).parallel(task);
  strip.compute_at(out, line).store_in(kOnStack).bound_extent(c, block).bound_extent(i, rows);
  Var four;
  strip.split(c, four, c, kTogether, TailStrategy::RoundUp).reorder(c, i, four).unroll(c).unroll(i);
  sums.compute_at(strip, four).unroll(j).unroll(i);
  sums.update().reorder(lane, j, i).atomic().vectorize(lane).unroll(j).unroll(i);
  dots.compute_at(strip, four).vectorize(l, lanes).unroll(j).unroll(i);
  dots.update().reorder(l, j, i, terms.step).vectorize(l, lanes).unroll(j).unroll(i);
  return builder.Finish();
}

}  // namespace brine::codegen
