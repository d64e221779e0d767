// Products that skip the zeros of one operand: the forward product and the gradients of a dense layer, whose operands a
// ReLU or its gradient has made, so that half of their elements or more are zero:
//   y[r, m] = Σ over the listed k of a(r, k) · b(k, m),   where list r has the k with a(r, k) ≠ 0
//
// The lists are made first.  Then a row of a tile of results, as many vectors as registers hold, iterates over its list
// and multiplies one row of b for each entry.  The loop has no tests.  The depth is cut into chunks, so that the rows
// of b that lists refer to fit the first-level cache.  These rows are copied into contiguous memory, a panel.
//
// Each multiply-add loads a vector.  A core can begin as many loads as multiply-adds, so without zeros this takes
// longer than a dense product.
#include <algorithm>
#include <functional>

#include "codegen/halide/matmul/problem.h"
#include "codegen/halide/sparse/row_lists.h"
#include "codegen/halide/sparse/set_bits.h"
#include "codegen/halide/split_sum.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

constexpr int kMaxTileVectors = 8;  // of results in registers
constexpr int kMinTileVectors = 4;  // with fewer, the multiply-adds of consecutive entries wait for each other
constexpr int kQuadRows = 4;        // columns of b, each contiguous in memory, that are transposed together

// The elementwise operations that take as long as transposing one element, together with three others.
constexpr double kTransposeOperations = 16;

// The number of vectors of results in a tile: as many as let a panel of the whole depth just fill the first-level
// cache, within the limits above.  So a deep product has narrow tiles and deep chunks.  Its lists are then fewer and
// longer, and where the columns of b are contiguous, a panel reads them from end to end.
int TileVectorsOf(int64_t depth, const Machine& machine) {
  return static_cast<int>(
      std::clamp<int64_t>(machine.l1_bytes / (depth * machine.lanes * 4), kMinTileVectors, kMaxTileVectors));
}

// y[r, m] = Σ over k of a(r, k) · b(k, m), where the nonzero elements of each row of a are listed.
struct ListedProduct {
  int64_t rows, depth, columns;    // the extents of r, k and m for the largest n
  Expr actual_rows, actual_depth;  // the extents of r and k in this call
  // Whether a(r, k) and a(r + 1, k) are contiguous in memory; otherwise a(r, k) and a(r, k + 1) are.
  bool are_rows_contiguous;
  // Whether b(k, m) and b(k + 1, m) are contiguous; otherwise b(k, m) and b(k, m + 1) are.  The depth of a transposed b
  // is not n.
  bool is_b_transposed;
  std::function<Expr(const Expr& r, const Expr& k)> a;
  std::function<Expr(const Expr& k, const Expr& m)> b;
};

// Builds the sums of a product: the lists (list_), the panels (panel_), the sums over one list, which is a row of a
// chunk (list_sum_), and the sums over all chunks (sums_).
class SparseProduct {
 public:
  SparseProduct(const LoopContext& context, const ListedProduct& product)
      : context_(context),
        product_(product),
        tile_vectors_(TileVectorsOf(product.depth, context)),
        tile_width_(tile_vectors_ * context.lanes),
        chunk_depth_(ChunkDepth()),
        chunk_count_(CeilDiv(product.depth, chunk_depth_)),
        list_(context, {product.rows, product.depth, product.actual_rows, product.actual_depth, chunk_depth_,
                        product.are_rows_contiguous,
                        [a = product.a](const Expr& r, const Expr& k) { return IsNonzero(a(r, k)); }}) {
    tile_count_ = CeilDiv(product.columns, tile_width_);
    // A task is a group of rows of one tile.  It has so few rows that there are enough tasks and that its sums stay in
    // the second-level cache.
    const int64_t max_bytes = 2 * context.l1_bytes;
    const int64_t groups =
        std::max(CeilDiv(context.tasks, tile_count_), CeilDiv(product.rows * tile_width_ * 4, max_bytes));
    rows_per_task_ = CeilDiv(product.rows, groups);
    MakeSums();
  }

  // The sum y[r, m].
  Expr Sum(const Expr& r, const Expr& m) const {
    const Expr tile = m / tile_width_,
               column = Halide::unsafe_promise_clamped(m - FirstColumn(tile), 0, tile_width_ - 1);
    return chunk_count_ == 1 ? Expr(list_sum_(column, r, 0, tile)) : Expr(sums_(column, r, tile));
  }

  // Schedules out(m, r), which reads y[r, m].
  void ScheduleRows(Func& out) {
    const Var m = Axis(0), r = Axis(1);
    Var tile, group, task;
    out.bound(m, 0, static_cast<int>(product_.columns)).bound(r, 0, product_.actual_rows);
    out.split(m, tile, m, tile_width_, TailStrategy::GuardWithIf)
        .split(r, group, r, rows_per_task_, TailStrategy::GuardWithIf)
        .reorder(m, r, tile, group);
    out.vectorize(m, context_.lanes, TailStrategy::GuardWithIf).unroll(m).fuse(tile, group, task).parallel(task);
    Schedule(out, task, r);
  }

  // Schedules out(r, m), which reads y[r, m].  It is written in square blocks, so that each cache line of the sums is
  // read while it is in the first-level cache.
  void ScheduleTransposed(Func& out) {
    const Var r = Axis(0), m = Axis(1);
    Var tile, group, task, row_block, column_block;
    out.bound(m, 0, static_cast<int>(product_.columns)).bound(r, 0, product_.actual_rows);
    out.split(m, tile, m, tile_width_, TailStrategy::GuardWithIf)
        .split(r, group, r, rows_per_task_, TailStrategy::GuardWithIf);
    out.split(r, row_block, r, context_.lanes, TailStrategy::GuardWithIf)
        .split(m, column_block, m, context_.lanes, TailStrategy::GuardWithIf);
    out.reorder(r, m, column_block, row_block, tile, group).vectorize(r).fuse(tile, group, task).parallel(task);
    Schedule(out, task, row_block);
  }

 private:
  // The depth of a chunk, such that a panel fits the first-level cache: a multiple of kFlagsPerByte, unless it is the
  // whole depth, and such that all chunks are about equally deep.
  int ChunkDepth() const {
    const int panel_depth = static_cast<int>(context_.l1_bytes) / (tile_width_ * 4);
    const int max_depth = std::min(panel_depth, kMaxChunkColumns) / kFlagsPerByte * kFlagsPerByte;
    const int chunk_depth = CeilDiv(product_.depth, CeilDiv(product_.depth, max_depth));
    return static_cast<int>(std::min<int64_t>(CeilDiv(chunk_depth, kFlagsPerByte) * kFlagsPerByte, product_.depth));
  }

  // Schedules the sums in loop `task` of `out`.  If there is only one chunk, the sums of a list are the results, and
  // they are computed in loop `reader`, where they are read.
  void Schedule(Func& out, const Var& task, const Var& reader) {
    if (chunk_count_ > 1) {
      sums_.compute_at(out, task)
          .store_in(kOnStack)
          .bound(column_, 0, tile_width_)
          .bound_extent(tile_, 1)
          .bound_storage(row_, rows_per_task_);
      sums_.update().reorder(column_, row_, summed_chunk_).vectorize(column_, context_.lanes).unroll(column_);
      list_sum_.compute_at(sums_, row_);
      panel_.compute_at(sums_, summed_chunk_);
    } else {
      list_sum_.compute_at(out, reader).store_in(kOnStack).bound(column_, 0, tile_width_).bound_extent(tile_, 1);
      panel_.compute_at(out, task);
    }
    list_sum_.vectorize(column_, context_.lanes).unroll(column_);
    list_sum_.update().reorder(column_, entry_).vectorize(column_, context_.lanes).unroll(column_);
    panel_.store_in(kOnStack)
        .bound(lane_, 0, context_.lanes)
        .bound(vector_, 0, tile_vectors_)
        .bound(depth_, 0, chunk_depth_);
    if (product_.is_b_transposed && chunk_depth_ >= context_.lanes) {
      // Four columns of b, each contiguous in memory, are transposed at a time.  For this the compiler makes fewer
      // instructions than for square blocks.
      Var block, block_depth, quad, quad_row;
      panel_.split(depth_, block, block_depth, context_.lanes, TailStrategy::ShiftInwards)
          .split(lane_, quad, quad_row, kQuadRows);
      panel_.reorder(quad_row, quad, block_depth, block, vector_).vectorize(quad_row).unroll(quad).unroll(block_depth);
      transposed_.compute_at(panel_, vector_)
          .store_in(kOnStack)
          .bound_extent(quad_row_, kQuadRows)
          .bound(depth_, 0, chunk_depth_)
          .bound_extent(quad_, context_.lanes / kQuadRows);
      transposed_.reorder(quad_row_, depth_, quad_).vectorize(depth_, context_.lanes).unroll(quad_row_);
    } else {
      panel_.reorder(lane_, vector_, depth_).vectorize(lane_).unroll(vector_);
    }
    list_.Schedule();
  }

  // The first column of a tile; the last tile is shifted inwards.
  Expr FirstColumn(const Expr& tile) const {
    return Halide::min(tile * tile_width_, static_cast<int>(product_.columns) - tile_width_);
  }

  void MakeSums() {
    const int depth = static_cast<int>(product_.depth);
    // Whether the last chunk may reach past the depth.  Then its panel repeats the last row of b, which no list names.
    // If b is read in vectors along the depth, the chunk is shifted inwards instead, so that it is whole.
    const bool is_last_ragged = depth % chunk_depth_ != 0 || !Halide::Internal::is_const(product_.actual_depth);
    const bool is_last_shifted = is_last_ragged && product_.is_b_transposed;
    const Expr begin =
        is_last_shifted ? Halide::min(chunk_ * chunk_depth_, depth - chunk_depth_) : chunk_ * chunk_depth_;
    const Expr row = begin + depth_;
    // Bounds inference cannot prove that a shifted chunk ends with the depth.
    const Expr panel_row = is_last_shifted  ? Halide::unsafe_promise_clamped(row, 0, depth - 1)
                           : is_last_ragged ? Halide::clamp(row, 0, product_.actual_depth - 1)
                                            : row;
    transposed_(quad_row_, depth_, quad_, vector_, chunk_, tile_) =
        product_.b(panel_row, FirstColumn(tile_) + vector_ * context_.lanes + quad_ * kQuadRows + quad_row_);
    panel_(lane_, depth_, vector_, chunk_, tile_) =
        transposed_(lane_ % kQuadRows, depth_, lane_ / kQuadRows, vector_, chunk_, tile_);
    entry_ = RDom(0, chunk_depth_, "entry");
    entry_.where(entry_ < list_.Count(row_, chunk_));  // becomes the bound of the loop
    const Expr listed = Halide::unsafe_promise_clamped(list_.Entry(entry_, row_, chunk_), 0, chunk_depth_ - 1),
               k = chunk_ * chunk_depth_ + listed;
    const Expr depth_in_panel =
        is_last_shifted ? Halide::unsafe_promise_clamped(k - begin, 0, chunk_depth_ - 1) : listed;
    list_sum_(column_, row_, chunk_, tile_) = 0.0f;
    list_sum_(column_, row_, chunk_, tile_) +=
        product_.a(row_, is_last_ragged ? Halide::unsafe_promise_clamped(k, 0, product_.actual_depth - 1) : k) *
        panel_(column_ % context_.lanes, depth_in_panel, column_ / context_.lanes, chunk_, tile_);
    summed_chunk_ = RDom(0, chunk_count_, "summed_chunk");
    AccumulatePart(sums_, {column_, row_, tile_}, summed_chunk_ == 0, list_sum_(column_, row_, summed_chunk_, tile_));
  }

  const LoopContext& context_;
  const ListedProduct product_;
  const int tile_vectors_;  // vectors of results in a tile
  const int tile_width_;    // columns of results in a tile
  const int chunk_depth_, chunk_count_;
  int tile_count_, rows_per_task_;
  const Var column_{"column"}, row_{"row"};  // the column is counted within its tile
  const Var tile_{"tile"}, chunk_{"chunk"};
  const Var depth_{"depth"}, vector_{"vector"}, lane_{"lane"};  // the depth is counted within its chunk
  const Var quad_{"quad"}, quad_row_{"quad_row"};
  RowLists list_;
  Func transposed_{"transposed"}, panel_{"panel"}, list_sum_{"list_sum"}, sums_{"sums"};
  RDom entry_, summed_chunk_;
};

// The operand whose nonzero elements are listed, and the other one, from which the lists select rows.
struct ListedOperands {
  ir::ValueId listed, other;
  int64_t columns;  // the number of results that are computed from one list
};

// `lists_right`: whether the right operand is listed.
ListedOperands ListedOperandsOf(const KernelSpec& spec, bool lists_right) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  return {spec.operand(lists_right ? 1 : 0), spec.operand(lists_right ? 0 : 1),
          lists_right ? problem.rows : problem.columns};
}

std::string CanSkipZeros(const KernelSpec& spec, const Machine& machine, bool lists_right) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  if (lists_right && !problem.transpose_a) return "its first operand is not transposed";
  if (std::string reason = NeedsFlat(problem); !reason.empty() && !problem.transpose_a) return reason;
  if (problem.transpose_a && (spec.shape(spec.operand(0)).size() != 2 || spec.shape(spec.operand(0))[0] != ir::kBatch))
    return "its operands are not matrices over n";
  const ListedOperands sides = ListedOperandsOf(spec, lists_right);
  if (!spec.IsParameter(sides.listed)) return "the operand to be listed is computed in the kernel";
  if (sides.columns < TileVectorsOf(problem.depth, machine) * machine.lanes)
    return "its results do not fill four vectors";
  return "";
}

Work CostOfSkippingZeros(const KernelSpec& spec, const Machine& machine, bool lists_right) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  const ListedOperands sides = ListedOperandsOf(spec, lists_right);
  const double share = spec.IsSparse(sides.listed) ? spec.nonzero_share : 1;
  const int64_t tile_width = TileVectorsOf(problem.depth, machine) * machine.lanes;
  const double lane_utilization =
      static_cast<double>(sides.columns) / static_cast<double>(CeilDiv(sides.columns, tile_width) * tile_width);
  Work work = CommonWork(spec);
  work.sparse_products = share * problem.products() / lane_utilization;
  work.tested_elements = ElementCount(spec, sides.listed);
  // A panel of the whole depth that exceeds the first-level cache is read from the second.
  if (4 * problem.depth * tile_width > machine.l1_bytes) work.cache_bytes += 2 * work.sparse_products;
  // Each task copies the panels of its tile.
  const double tasks = machine.tasks;
  work.cache_bytes += 8 * ElementCount(spec, sides.other) * tasks * static_cast<double>(tile_width) /
                      static_cast<double>(sides.columns);
  if (problem.transpose_b) work.elementwise_operations += kTransposeOperations * ElementCount(spec, sides.other);
  // The results are transposed from the sums, cache line by cache line.
  if (lists_right) work.cache_bytes += 32 * ElementCount(spec, spec.sums());
  return work;
}

// The sums over the depth of rows of a: y = x·w, or dx = dy·wᵀ.
ScheduledKernel BuildOverRows(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const MatmulProblem problem = MatmulProblemOf(spec);
  const Tensor a = builder.Read(spec.operand(0)), b = builder.Read(spec.operand(1));
  const int depth = static_cast<int>(problem.depth);
  SparseProduct product(context,
                        {problem.rows, depth, problem.columns, context.batch_extent, depth, false, problem.transpose_b,
                         [&](const Expr& r, const Expr& k) {
                           return a({r, k});
                         },
                         [&](const Expr& k, const Expr& m) {
                           return problem.transpose_b ? b({m, k}) : b({k, m});
                         }});
  Func out = MakeFunc("out", Axes(2), builder.LowerEpilogue(spec.sums(), product.Sum(Axis(1), Axis(0))));
  builder.AddOutput(out, spec.results);
  product.ScheduleRows(out);
  return builder.Finish();
}

// The sums over n: dw = xᵀ·dy.  The columns of x are listed, or, with `lists_right`, those of dy; then the product is
// the transpose of dw.
ScheduledKernel BuildOverBatch(KernelBuilder& builder, bool lists_right) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const ListedOperands sides = ListedOperandsOf(spec, lists_right);
  const Tensor listed = builder.Read(sides.listed), other = builder.Read(sides.other);
  const int rows = static_cast<int>(listed.type.shape[1]), columns = static_cast<int>(other.type.shape[1]);
  SparseProduct product(context, {rows, context.batch_size, columns, rows, context.batch_extent, true, false,
                                  [&](const Expr& r, const Expr& n) {
                                    return listed({n, r});
                                  },
                                  [&](const Expr& n, const Expr& m) {
                                    return other({n, m});
                                  }});
  const Var m = Axis(0), k = Axis(1);
  Func out =
      MakeFunc("out", Axes(2), builder.LowerEpilogue(spec.sums(), lists_right ? product.Sum(m, k) : product.Sum(k, m)));
  builder.AddOutput(out, spec.results);
  if (lists_right)
    product.ScheduleTransposed(out);
  else
    product.ScheduleRows(out);
  return builder.Finish();
}

ScheduledKernel BuildSkippingZeros(KernelBuilder& builder, bool lists_right) {
  const bool over_batch = MatmulProblemOf(builder.spec()).transpose_a;
  ScheduledKernel kernel = over_batch ? BuildOverBatch(builder, lists_right) : BuildOverRows(builder);
  kernel.sparse = ListedOperandsOf(builder.spec(), lists_right).listed;
  return kernel;
}

}  // namespace

std::string CanSparse(const KernelSpec& spec, const Machine& machine) { return CanSkipZeros(spec, machine, false); }
Work CostSparse(const KernelSpec& spec, const Machine& machine) { return CostOfSkippingZeros(spec, machine, false); }
ScheduledKernel BuildSparse(KernelBuilder& builder) { return BuildSkippingZeros(builder, false); }

std::string CanSparseRight(const KernelSpec& spec, const Machine& machine) { return CanSkipZeros(spec, machine, true); }
Work CostSparseRight(const KernelSpec& spec, const Machine& machine) {
  return CostOfSkippingZeros(spec, machine, true);
}
ScheduledKernel BuildSparseRight(KernelBuilder& builder) { return BuildSkippingZeros(builder, true); }

}  // namespace brine::codegen
