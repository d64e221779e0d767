// Products that skip the zeros of one operand: the forward product and the weight gradient of a dense layer.
//
// After a ReLU, half of the activations and of the gradients or more are zero.  For each row of the operand with the
// zeros, the columns of its nonzero elements are listed first.  Then a row of results, as many vectors as registers
// hold, iterates over that list and multiplies one row of the other operand for each entry.  The loop has no tests.
// The depth is cut into chunks, so that the rows that lists refer to fit the first-level cache; they are copied into
// contiguous memory, a panel.
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

constexpr int kMaxVectors = 8;  // vectors of results in registers
constexpr int kMinVectors = 4;  // with fewer, sums wait for each other
constexpr int kQuad = 4;        // rows that are transposed together

// The number of vectors of results in a tile, such that a chunk's rows fill the first-level cache.  It prefers few
// columns and a deep chunk, all of the depth up to 128: lists are fewer and longer, and where the columns of b are
// contiguous, a panel reads them from end to end.
int VectorsOf(int64_t depth, const Machine& machine) {
  return static_cast<int>(
      std::clamp<int64_t>(machine.l1_bytes / (depth * machine.lanes * 4), kMinVectors, kMaxVectors));
}

// y[r, m] = Σ over k of a(r, k) · b(k, m)
struct ListedProduct {
  int64_t rows, depth, columns;  // for the largest n
  Expr real_rows, real_depth;    // for the actual n
  bool rows_are_contiguous;      // a(r, k) and a(r + 1, k) are contiguous; otherwise a(r, k) and a(r, k + 1) are
  // b(k, m) and b(k + 1, m) are contiguous, and the depth is not n; otherwise b(k, m) and b(k, m + 1) are contiguous.
  bool transposed;
  std::function<Expr(const Expr& r, const Expr& k)> a;
  std::function<Expr(const Expr& k, const Expr& m)> b;
};

class SparseProduct {
 public:
  SparseProduct(const LoopContext& context, const ListedProduct& product)
      : context_(context),
        product_(product),
        vectors_(VectorsOf(product.depth, context)),
        tile_width_(vectors_ * context.lanes),
        chunk_depth_(ChunkDepth()),
        chunk_count_(CeilDiv(product.depth, chunk_depth_)),
        list_(context,
              {product.rows, product.depth, product.real_rows, product.real_depth, chunk_depth_,
               product.rows_are_contiguous, [&](const Expr& r, const Expr& k) { return IsNonzero(product.a(r, k)); }}) {
    tile_count_ = static_cast<int>((product.columns + tile_width_ - 1) / tile_width_);
    // A task takes so few rows that there are enough tasks, and that its sums stay in the second-level cache.
    const int64_t max_bytes = 2 * context.l1_bytes;
    const int64_t groups = std::max(CeilDiv(kTasks, tile_count_), CeilDiv(product.rows * tile_width_ * 4, max_bytes));
    rows_per_task_ = CeilDiv(product.rows, groups);
    MakeSums();
  }

  // The sum y[r, m]; r is in the group, and m in the tile, of a task.
  Expr Sum(const Expr& r, const Expr& m) const {
    const Expr tile = m / tile_width_, in_tile = Halide::unsafe_promise_clamped(m - First(tile), 0, tile_width_ - 1);
    return chunk_count_ == 1 ? Expr(list_sum_(in_tile, r, 0, tile)) : Expr(sums_(in_tile, r, tile));
  }

  // out(m, r): a task is some columns of some rows.
  void ScheduleRows(Func& out) {
    const Var m = Axis(0), r = Axis(1);
    Var tile, group, task;
    out.bound(m, 0, static_cast<int>(product_.columns)).bound(r, 0, product_.real_rows);
    out.split(m, tile, m, tile_width_, TailStrategy::GuardWithIf)
        .split(r, group, r, rows_per_task_, TailStrategy::GuardWithIf)
        .reorder(m, r, tile, group);
    out.vectorize(m, context_.lanes, TailStrategy::GuardWithIf).unroll(m).fuse(tile, group, task).parallel(task);
    Schedule(out, task, r);
  }

  // out(r, m) is transposed in square blocks, so that each line of the sums is read while it is in a near cache.
  void ScheduleTransposed(Func& out) {
    const Var r = Axis(0), m = Axis(1);
    Var tile, group, task, lines, columns;
    out.bound(m, 0, static_cast<int>(product_.columns)).bound(r, 0, product_.real_rows);
    out.split(m, tile, m, tile_width_, TailStrategy::GuardWithIf)
        .split(r, group, r, rows_per_task_, TailStrategy::GuardWithIf);
    out.split(r, lines, r, context_.lanes, TailStrategy::GuardWithIf)
        .split(m, columns, m, context_.lanes, TailStrategy::GuardWithIf);
    out.reorder(r, m, columns, lines, tile, group).vectorize(r).fuse(tile, group, task).parallel(task);
    Schedule(out, task, lines);
  }

 private:
  // The depth of a chunk: a multiple of kFlags, and as even as that allows.
  int ChunkDepth() const {
    const int most = std::min(static_cast<int>(context_.l1_bytes) / (tile_width_ * 4), kLongestChunk) / kFlags * kFlags;
    return static_cast<int>(std::min<int64_t>(
        CeilDiv(CeilDiv(product_.depth, CeilDiv(product_.depth, most)), kFlags) * kFlags, product_.depth));
  }

  // The sums are computed in loop `task` of `out`; if there is one chunk only, in loop `rows`, where they are used.
  void Schedule(Func& out, const Var& task, const Var& rows) {
    if (chunk_count_ > 1) {
      sums_.compute_at(out, task)
          .store_in(kOnStack)
          .bound(column_, 0, tile_width_)
          .bound_extent(tile_, 1)
          .bound_storage(row_, rows_per_task_);
      sums_.update().reorder(column_, row_, chunks_).vectorize(column_, context_.lanes).unroll(column_);
      list_sum_.compute_at(sums_, row_);
      panel_.compute_at(sums_, chunks_);
    } else {
      list_sum_.compute_at(out, rows).store_in(kOnStack).bound(column_, 0, tile_width_).bound_extent(tile_, 1);
      panel_.compute_at(out, task);
    }
    list_sum_.vectorize(column_, context_.lanes).unroll(column_);
    list_sum_.update().reorder(column_, entry_).vectorize(column_, context_.lanes).unroll(column_);
    panel_.store_in(kOnStack)
        .bound(lane_, 0, context_.lanes)
        .bound(vector_, 0, vectors_)
        .bound(depth_, 0, chunk_depth_);
    if (product_.transposed && chunk_depth_ >= context_.lanes) {
      // Four rows at a time: the compiler makes fewer instructions of this than of square blocks.
      Var block, line, quad, quad_row;
      panel_.split(depth_, block, line, context_.lanes, TailStrategy::ShiftInwards).split(lane_, quad, quad_row, kQuad);
      panel_.reorder(quad_row, quad, line, block, vector_).vectorize(quad_row).unroll(quad).unroll(line);
      transposed_.compute_at(panel_, vector_)
          .store_in(kOnStack)
          .bound_extent(quad_row_, kQuad)
          .bound(depth_, 0, chunk_depth_)
          .bound_extent(quad_, context_.lanes / kQuad);
      transposed_.reorder(quad_row_, depth_, quad_).vectorize(depth_, context_.lanes).unroll(quad_row_);
    } else {
      panel_.reorder(lane_, vector_, depth_).vectorize(lane_).unroll(vector_);
    }
    list_.Schedule();
  }

  Expr First(const Expr& tile) const {
    return Halide::min(tile * tile_width_, static_cast<int>(product_.columns) - tile_width_);
  }

  void MakeSums() {
    const int depth = static_cast<int>(product_.depth);
    const auto inside = [&](const Expr& k) { return Halide::clamp(k, 0, product_.real_depth - 1); };
    const bool ragged = depth % chunk_depth_ != 0 || !Halide::Internal::is_const(product_.real_depth);
    // The last chunk may end with rows that no list names.  Otherwise it is shifted inwards to be whole, so that b can
    // be read in vectors along the depth.
    const bool shifted = ragged && product_.transposed;
    const Expr begin = shifted ? Halide::min(chunk_ * chunk_depth_, depth - chunk_depth_) : chunk_ * chunk_depth_;
    const Expr row = begin + depth_;
    // Bounds inference cannot prove that the last chunk is shifted.
    const Expr in_panel = shifted ? Halide::unsafe_promise_clamped(row, 0, depth - 1) : ragged ? inside(row) : row;
    transposed_(quad_row_, depth_, quad_, vector_, chunk_, tile_) =
        product_.b(in_panel, First(tile_) + vector_ * context_.lanes + quad_ * kQuad + quad_row_);
    panel_(lane_, depth_, vector_, chunk_, tile_) =
        transposed_(lane_ % kQuad, depth_, lane_ / kQuad, vector_, chunk_, tile_);
    entry_ = RDom(0, chunk_depth_, "entry");
    entry_.where(entry_ < list_.Count(row_, chunk_));  // becomes the bound of the loop
    const Expr place = Halide::unsafe_promise_clamped(list_.Place(entry_, row_, chunk_), 0, chunk_depth_ - 1),
               column = chunk_ * chunk_depth_ + place;
    const Expr in_chunk = shifted ? Halide::unsafe_promise_clamped(column - begin, 0, chunk_depth_ - 1) : place;
    list_sum_(column_, row_, chunk_, tile_) = 0.0f;
    list_sum_(column_, row_, chunk_, tile_) +=
        product_.a(row_, ragged ? Halide::unsafe_promise_clamped(column, 0, product_.real_depth - 1) : column) *
        panel_(column_ % context_.lanes, in_chunk, column_ / context_.lanes, chunk_, tile_);
    chunks_ = RDom(0, chunk_count_, "chunks");
    AddPieces(sums_, {column_, row_, tile_}, chunks_ == 0, list_sum_(column_, row_, chunks_, tile_));
  }

  const LoopContext& context_;
  const ListedProduct product_;
  const int vectors_;     // vectors of results in a tile
  const int tile_width_;  // columns of results in a tile
  const int chunk_depth_, chunk_count_;
  int tile_count_, rows_per_task_;
  const Var column_{"column"}, row_{"row"};  // the column is counted within its tile
  const Var tile_{"tile"}, chunk_{"chunk"};
  const Var depth_{"depth"}, vector_{"vector"}, lane_{"lane"};  // the depth is counted within its chunk
  const Var quad_{"quad"}, quad_row_{"quad_row"};
  RowLists list_;
  Func transposed_{"transposed"}, panel_{"panel"}, list_sum_{"list_sum"}, sums_{"sums"};
  RDom entry_, chunks_;
};

// Which operand is listed, and which one the lists refer to.
struct ListedSides {
  ir::ValueId listed, other;
  int64_t columns;  // of the results that iterate over a list
};

ListedSides ListedSidesOf(const KernelSpec& spec, bool right) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  return {spec.operand(right ? 1 : 0), spec.operand(right ? 0 : 1), right ? problem.rows : problem.columns};
}

std::string CanList(const KernelSpec& spec, const Machine& machine, bool right) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  if (right && !problem.transpose_a) return "its first operand is not transposed";
  if (std::string reason = NeedsFlat(problem); !reason.empty() && !problem.transpose_a) return reason;
  if (problem.transpose_a && (spec.shape(spec.operand(0)).size() != 2 || spec.shape(spec.operand(0))[0] != ir::kBatch))
    return "its operands are not matrices over n";
  const ListedSides sides = ListedSidesOf(spec, right);
  if (!spec.IsParameter(sides.listed)) return "the operand to be listed is computed in the kernel";
  if (sides.columns < VectorsOf(problem.depth, machine) * machine.lanes) return "its results do not fill four vectors";
  return "";
}

Work CostOfList(const KernelSpec& spec, const Machine& machine, bool right) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  const ListedSides sides = ListedSidesOf(spec, right);
  const double share = spec.IsSparse(sides.listed) ? kNonzeroShare : 1;
  const int64_t across = VectorsOf(problem.depth, machine) * machine.lanes;
  const double full = static_cast<double>(sides.columns) / static_cast<double>(CeilDiv(sides.columns, across) * across);
  Work work = CommonWork(spec);
  work.sparse_products = share * problem.products() / full;
  work.tested = Elements(spec, sides.listed);
  // A panel that exceeds the first-level cache is read from the second.
  if (4 * problem.depth * across > machine.l1_bytes) work.cache_bytes += 2 * work.sparse_products;
  // Each task of rows copies its panels; transposing needs a shuffle for each element.
  const double tasks = kTasks;
  work.cache_bytes +=
      8 * Elements(spec, sides.other) * tasks * static_cast<double>(across) / static_cast<double>(sides.columns);
  if (problem.transpose_b) work.elementwise += kTransposeOperations * Elements(spec, sides.other);
  if (right) work.cache_bytes += 16 * Elements(spec, spec.sums());
  return work;
}

// Over the rows of a: y = activation(x·w + b), or dx = dy·wᵀ with the mask of a ReLU.
ScheduledKernel BuildOverRows(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const MatmulProblem problem = MatmulProblemOf(spec);
  const Tensor a = builder.Read(spec.operand(0)), b = builder.Read(spec.operand(1));
  const int depth = static_cast<int>(problem.depth);
  SparseProduct product(context, {problem.rows, depth, problem.columns, context.rows, depth, false, problem.transpose_b,
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

// dw = xᵀ·dy over n.  The columns of x are listed; or those of dy, which gives (dw)ᵀ.
ScheduledKernel BuildOverBatch(KernelBuilder& builder, bool right) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const ListedSides sides = ListedSidesOf(spec, right);
  const Tensor listed = builder.Read(sides.listed), other = builder.Read(sides.other);
  const int rows = static_cast<int>(listed.type.shape[1]), columns = static_cast<int>(other.type.shape[1]);
  SparseProduct product(context, {rows, context.batch_size, columns, rows, context.rows, true, false,
                                  [&](const Expr& r, const Expr& n) {
                                    return listed({n, r});
                                  },
                                  [&](const Expr& n, const Expr& m) {
                                    return other({n, m});
                                  }});
  const Var m = Axis(0), k = Axis(1);
  Func out =
      MakeFunc("out", Axes(2), builder.LowerEpilogue(spec.sums(), right ? product.Sum(m, k) : product.Sum(k, m)));
  builder.AddOutput(out, spec.results);
  if (right)
    product.ScheduleTransposed(out);
  else
    product.ScheduleRows(out);
  return builder.Finish();
}

ScheduledKernel BuildList(KernelBuilder& builder, bool right) {
  const bool over_batch = MatmulProblemOf(builder.spec()).transpose_a;
  ScheduledKernel kernel = over_batch ? BuildOverBatch(builder, right) : BuildOverRows(builder);
  kernel.sparse = ListedSidesOf(builder.spec(), right).listed;
  return kernel;
}

}  // namespace

std::string CanSparse(const KernelSpec& spec, const Machine& machine) { return CanList(spec, machine, false); }
Work CostSparse(const KernelSpec& spec, const Machine& machine) { return CostOfList(spec, machine, false); }
ScheduledKernel BuildSparse(KernelBuilder& builder) { return BuildList(builder, false); }

std::string CanSparseRight(const KernelSpec& spec, const Machine& machine) { return CanList(spec, machine, true); }
Work CostSparseRight(const KernelSpec& spec, const Machine& machine) { return CostOfList(spec, machine, true); }
ScheduledKernel BuildSparseRight(KernelBuilder& builder) { return BuildList(builder, true); }

}  // namespace brine::codegen
