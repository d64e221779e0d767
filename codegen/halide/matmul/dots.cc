// Products with the rows of the second operand, such as the input gradient dx = dy·wᵀ of a dense layer:
//   y[n, c] = Σ over k of a[n, k] · b[c, k]
// Each result is the dot product of two contiguous rows.  Its sum is a vector, whose lanes are added at the end.
// Several dot products are computed together and share what they load.  The weights are not transposed, since this may
// take longer than the products.
//
// If the epilogue masks the result, as the gradient of a ReLU does, half of the results or more are zero whatever the
// products are.  Then masked-dots computes only those that the mask keeps.
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

constexpr int kDotsPerGroup = 4;  // dot products with the same row of a, of which each vector is loaded once

// The terms of dot products over the depth, one vector of `lanes` elements in each step.  If vectors do not divide the
// depth, the last vector is shifted inwards to end with the row, and those of its terms that the step before has added
// are 0.
class DotTerms {
 public:
  DotTerms(const Tensor& a, const Tensor& b, int lanes)
      : a_(a),
        b_(b),
        depth_(static_cast<int>(b.type.shape[1])),
        lanes_(lanes),
        is_last_shifted_(depth_ % lanes != 0),
        step(0, CeilDiv(depth_, lanes), "step") {}

  // The term of lane `lane` in the step, for row `a_row` of a and row `b_row` of b.
  Expr operator()(const Expr& a_row, const Expr& b_row, const Expr& lane) const {
    const Expr k = (is_last_shifted_ ? Halide::min(step * lanes_, depth_ - lanes_) : step * lanes_) + lane,
               product = a_({a_row, k}) * b_({b_row, k});
    return is_last_shifted_ ? Halide::select(k >= step * lanes_, product, 0.0f) : product;
  }

 private:
  const Tensor a_, b_;
  const int depth_, lanes_;
  const bool is_last_shifted_;

 public:
  const RDom step;
};

// The number of columns of the result in a block, which are rows of b: a multiple of the vector width, such that a
// block of b is about four first-level caches, and such that blocks are about equally wide.  Lists hold the column in a
// block as a byte.
int ColumnsPerBlock(int columns, int depth, const Machine& machine) {
  const int64_t cached_columns = 4 * machine.l1_bytes / (int64_t{depth} * 4);
  const int max_columns =
      static_cast<int>(std::clamp<int64_t>(cached_columns, machine.lanes, kMaxChunkColumns - machine.lanes)) /
      machine.lanes * machine.lanes;
  return CeilDiv(CeilDiv(columns, CeilDiv(columns, max_columns)), machine.lanes) * machine.lanes;
}

// The number of strips of `rows_per_strip` rows that a task computes in one of `blocks` blocks.
int StripsPerTask(const LoopContext& context, int blocks, int rows_per_strip) {
  return CeilDiv(CeilDiv(context.batch_size, rows_per_strip), std::max(1, static_cast<int>(kTargetTasks) / blocks));
}

std::string CanDotsOfRows(const KernelSpec& spec, const Machine& machine) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  if (std::string reason = NeedsTransposedB(problem); !reason.empty()) return reason;
  if (std::string reason = NeedsFlat(problem); !reason.empty()) return reason;
  if (problem.depth < machine.lanes) return "its rows are shorter than a vector";
  return "";
}

// The elementwise operations of `results` dot products besides their multiply-adds: adding up the lanes of the sums.
double LaneSumOperations(double results, const Machine& machine) { return results * machine.lanes; }

}  // namespace

std::string CanMaskedDots(const KernelSpec& spec, const Machine& machine) {
  if (std::string reason = CanDotsOfRows(spec, machine); !reason.empty()) return reason;
  return spec.mask == ir::kNoValue ? "its result is not masked" : "";
}

Work CostMaskedDots(const KernelSpec& spec, const Machine& machine) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  // A multiply-add loads a vector of each row, while the cost of a multiply-add along a list counts one load.
  work.sparse_products = 2 * kNonzeroShare * problem.products();
  work.elementwise_operations += kNonzeroShare * LaneSumOperations(ElementCount(spec, spec.sums()), machine);
  work.tested_elements = ElementCount(spec, spec.mask);
  return work;
}

ScheduledKernel BuildMaskedDots(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const Tensor a = builder.Read(spec.operand(0)), b = builder.Read(spec.operand(1));
  const int columns = static_cast<int>(b.type.shape[0]), depth = static_cast<int>(b.type.shape[1]);
  const int lanes = context.lanes;
  const int block_columns = ColumnsPerBlock(columns, depth, context), blocks = CeilDiv(columns, block_columns);
  const Tensor& mask = *builder.Parameter(spec.mask);
  RowLists list(context, {context.batch_size, columns, context.batch_extent, columns, block_columns, false,
                          [&](const Expr& row, const Expr& column) {
                            return mask({row, column}) > 0.0f;
                          }});

  // dots has a vector of partial sums for each entry in a group of kDotsPerGroup entries of a list, and sums adds the
  // lanes.  The sums are stored in row, at the columns that the entries name.  Entries past the last one name a column
  // past the block, which nothing reads.
  const Var lane("lane"), dot("dot"), group("group"), n = Axis(1), block("block"), block_column("block_column");
  const DotTerms terms(a, b, lanes);
  const RDom summed_lane(0, lanes, "summed_lane");
  Func dots("dots"), sums("sums"), row("row");
  const Expr column =
      Halide::min(block * block_columns + list.Entry(group * kDotsPerGroup + dot, n, block), columns - 1);
  dots(lane, dot, group, n, block) = 0.0f;
  dots(lane, dot, group, n, block) += terms(n, Halide::unsafe_promise_clamped(column, 0, columns - 1), lane);
  sums(dot, group, n, block) = 0.0f;
  sums(dot, group, n, block) += dots(summed_lane, dot, group, n, block);
  const RDom r(0, kDotsPerGroup, 0, CeilDiv(block_columns, kDotsPerGroup), "r");
  RDom listed = r;                                           // x: dot, y: group
  listed.where(r.y * kDotsPerGroup < list.Count(n, block));  // becomes the bound of the loop
  const Expr entry = list.Entry(listed.y * kDotsPerGroup + listed.x, n, block);
  row(block_column, n, block) = 0.0f;
  row(Halide::unsafe_promise_clamped(entry, 0, block_columns), n, block) = sums(listed.x, listed.y, n, block);

  const Var x = Axis(0);
  Func out = MakeFunc("out", Axes(2), builder.LowerEpilogue(spec.masked, row(x % block_columns, n, x / block_columns)));
  builder.AddOutput(out, spec.results);
  Var out_block, rows, task;
  out.bound(x, 0, columns).bound(n, 0, context.batch_extent);
  out.split(x, out_block, x, block_columns, TailStrategy::GuardWithIf)
      .split(n, rows, n, StripsPerTask(context, blocks, 1), TailStrategy::GuardWithIf)
      .reorder(x, n, out_block, rows);
  out.vectorize(x, lanes, TailStrategy::GuardWithIf).fuse(out_block, rows, task).parallel(task);
  row.compute_at(out, n)
      .store_in(kOnStack)
      .bound_extent(block_column, block_columns + 1)
      .vectorize(block_column, lanes, TailStrategy::GuardWithIf);
  row.update().reorder(listed.x, listed.y).unroll(listed.x);
  sums.compute_at(row, listed.y).unroll(dot);
  sums.update().reorder(summed_lane, dot).atomic().vectorize(summed_lane).unroll(dot);
  dots.compute_at(row, listed.y).vectorize(lane, lanes).unroll(dot).bound_extent(dot, kDotsPerGroup);
  dots.update().reorder(lane, dot, terms.step).vectorize(lane, lanes).unroll(dot);
  list.Schedule();
  ScheduledKernel kernel = builder.Finish();
  kernel.sparse = spec.mask;
  return kernel;
}

std::string CanDots(const KernelSpec& spec, const Machine& machine) { return CanDotsOfRows(spec, machine); }

Work CostDots(const KernelSpec& spec, const Machine& machine) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  work.products = problem.products();
  // A tile of dots has fewer products for each load than a register tile of a matrix product.
  work.tile_utilization = 0.5;
  work.elementwise_operations += LaneSumOperations(ElementCount(spec, spec.sums()), machine);
  return work;
}

ScheduledKernel BuildDots(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const Tensor a = builder.Read(spec.operand(0)), b = builder.Read(spec.operand(1));
  const int columns = static_cast<int>(b.type.shape[0]), depth = static_cast<int>(b.type.shape[1]);
  const int lanes = context.lanes;
  const int block_columns = ColumnsPerBlock(columns, depth, context), blocks = CeilDiv(columns, block_columns);
  // A strip is some rows of a, which share what a tile loads of b.  The sums of a tile fill half of the registers; the
  // other half is for what is loaded.
  const int strip_rows =
      static_cast<int>(std::min<int64_t>(context.batch_size, context.registers / (2 * kDotsPerGroup)));

  // A tile is the dot products of kDotsPerGroup columns of a block with the rows of a strip: dots has a vector of
  // partial sums for each, and sums adds the lanes.  Columns and rows past the last one are clamped to it, and their
  // sums are discarded.
  const Var lane("lane"), dot("dot"), row("row"), group("group"), strip("strip"), block("block"),
      block_column("block_column");
  const DotTerms terms(a, b, lanes);
  const RDom summed_lane(0, lanes, "summed_lane");
  Func dots("dots"), sums("sums"), strip_sums("strip_sums");
  dots(lane, dot, row, group, strip, block) = 0.0f;
  dots(lane, dot, row, group, strip, block) +=
      terms(Halide::min(strip * strip_rows + row, context.batch_extent - 1),
            Halide::min(block * block_columns + group * kDotsPerGroup + dot, columns - 1), lane);
  sums(dot, row, group, strip, block) = 0.0f;
  sums(dot, row, group, strip, block) += dots(summed_lane, dot, row, group, strip, block);
  strip_sums(block_column, row, strip, block) =
      sums(block_column % kDotsPerGroup, row, block_column / kDotsPerGroup, strip, block);

  const Var x = Axis(0), n = Axis(1);
  const Expr sum = strip_sums(x % block_columns, n % strip_rows, n / strip_rows, x / block_columns);
  Func out = MakeFunc("out", Axes(2), builder.LowerEpilogue(spec.sums(), sum));
  builder.AddOutput(out, spec.results);
  Var out_block, strips, task, out_strip;
  out.bound(x, 0, columns).bound(n, 0, context.batch_extent);
  out.split(x, out_block, x, block_columns, TailStrategy::GuardWithIf)
      .split(n, out_strip, n, strip_rows, TailStrategy::GuardWithIf);
  out.split(out_strip, strips, out_strip, StripsPerTask(context, blocks, strip_rows), TailStrategy::GuardWithIf)
      .reorder(x, n, out_strip, out_block, strips);
  out.vectorize(x, lanes, TailStrategy::GuardWithIf).fuse(out_block, strips, task).parallel(task);
  strip_sums.compute_at(out, out_strip)
      .store_in(kOnStack)
      .bound_extent(block_column, block_columns)
      .bound_extent(row, strip_rows);
  Var tile;
  strip_sums.split(block_column, tile, block_column, kDotsPerGroup, TailStrategy::RoundUp)
      .reorder(block_column, row, tile)
      .unroll(block_column)
      .unroll(row);
  sums.compute_at(strip_sums, tile).unroll(dot).unroll(row);
  sums.update().reorder(summed_lane, dot, row).atomic().vectorize(summed_lane).unroll(dot).unroll(row);
  dots.compute_at(strip_sums, tile).vectorize(lane, lanes).unroll(dot).unroll(row);
  dots.update().reorder(lane, dot, row, terms.step).vectorize(lane, lanes).unroll(dot).unroll(row);
  return builder.Finish();
}

}  // namespace brine::codegen
