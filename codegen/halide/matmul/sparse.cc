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
constexpr int kMinVectors = 4;  // vectors that hide the latency of a sum
constexpr int kQuad = 4;        // rows that are transposed together

// The number of vectors of results such that a chunk's rows fill the first-level cache.
int VectorsOf(int64_t depth, const Machine& machine) {
  return static_cast<int>(
      std::clamp<int64_t>(machine.l1_bytes / (depth * machine.lanes * 4), kMinVectors, kMaxVectors));
}

// y[r, m] = Σ over k of a(r, k) · b(k, m)
struct ListedProduct {
  int64_t rows, depth, columns;  // for the largest n
  Expr real_rows, real_depth;    // for the actual n
  bool rows_are_contiguous;      // a(r, k) and a(r + 1, k) are contiguous; otherwise a(r, k) and a(r, k + 1) are
  bool transposed;  // b(k, m) and b(k + 1, m) are contiguous, and the depth is not n; otherwise b(k, m) and b(k, m + 1)
                    // are
  std::function<Expr(const Expr& r, const Expr& k)> a;
  std::function<Expr(const Expr& k, const Expr& m)> b;
};

class SparseProduct {
 public:
  SparseProduct(const LoopContext& context, const ListedProduct& product)
      : context_(context),
        product_(product),
        vectors_(Vectors()),
        across_(vectors_ * context.lanes),
        chunk_(Chunk()),
        chunks_(CeilDiv(product.depth, chunk_)),
        list_(context,
              {product.rows, product.depth, product.real_rows, product.real_depth, chunk_, product.rows_are_contiguous,
               [&](const Expr& r, const Expr& k) { return IsNonzero(product.a(r, k)); }}) {
    tiles_ = static_cast<int>((product.columns + across_ - 1) / across_);
    // A task takes so few rows that there are enough tasks, and that its sums stay in the second-level cache.
    const int64_t most_sums = 2 * context.l1_bytes;
    const int64_t groups = std::max(CeilDiv(kTasks, tiles_), CeilDiv(product.rows * across_ * 4, most_sums));
    each_ = CeilDiv(product.rows, groups);
    MakeSums();
  }

  // Element (r, m); r is in the group, and m in the tile, of a task.
  Expr At(const Expr& r, const Expr& m) const {
    const Expr tile = m / across_, column = Halide::unsafe_promise_clamped(m - First(tile), 0, across_ - 1);
    return chunks_ == 1 ? Expr(list_sum_(column, r, 0, tile)) : Expr(sums_(column, r, tile));
  }

  // out(m, r): a task is some columns of some rows.
  void ScheduleRows(Func& out) {
    const Var m = Axis(0), r = Axis(1);
    Var tile, group, task;
    out.bound(m, 0, static_cast<int>(product_.columns)).bound(r, 0, product_.real_rows);
    out.split(m, tile, m, across_, TailStrategy::GuardWithIf)
        .split(r, group, r, each_, TailStrategy::GuardWithIf)
        .reorder(m, r, tile, group);
    out.vectorize(m, context_.lanes, TailStrategy::GuardWithIf).unroll(m).fuse(tile, group, task).parallel(task);
    Schedule(out, task, r);
  }

  // out(r, m) is transposed in square blocks, so that each line of the sums is read while it is in a near cache.
  void ScheduleTransposed(Func& out) {
    const Var r = Axis(0), m = Axis(1);
    Var tile, group, task, lines, columns;
    out.bound(m, 0, static_cast<int>(product_.columns)).bound(r, 0, product_.real_rows);
    out.split(m, tile, m, across_, TailStrategy::GuardWithIf).split(r, group, r, each_, TailStrategy::GuardWithIf);
    out.split(r, lines, r, context_.lanes, TailStrategy::GuardWithIf)
        .split(m, columns, m, context_.lanes, TailStrategy::GuardWithIf);
    out.reorder(r, m, columns, lines, tile, group).vectorize(r).fuse(tile, group, task).parallel(task);
    Schedule(out, task, lines);
  }

 private:
  // Few results and much of their depth, all of it up to 128.  So short lists are begun less often, and where the
  // columns of b are contiguous, a panel reads them from end to end.
  int Vectors() const { return VectorsOf(product_.depth, context_); }

  // The depth of a chunk: a multiple of kFlags, and as even as that allows.
  int Chunk() const {
    const int most = std::min(static_cast<int>(context_.l1_bytes) / (across_ * 4), kLongestChunk) / kFlags * kFlags;
    return static_cast<int>(std::min<int64_t>(
        CeilDiv(CeilDiv(product_.depth, CeilDiv(product_.depth, most)), kFlags) * kFlags, product_.depth));
  }

  // The sums are computed in loop `task` of `out`; if there is one chunk only, in loop `rows`, where they are used.
  void Schedule(Func& out, const Var& task, const Var& rows) {
    if (chunks_ > 1) {
      sums_.compute_at(out, task).store_in(kOnStack).bound(l_, 0, across_).bound_extent(t_, 1).bound_storage(r_, each_);
      sums_.update().reorder(l_, r_, all_).vectorize(l_, context_.lanes).unroll(l_);
      list_sum_.compute_at(sums_, r_);
      panel_.compute_at(sums_, all_);
    } else {
      list_sum_.compute_at(out, rows).store_in(kOnStack).bound(l_, 0, across_).bound_extent(t_, 1);
      panel_.compute_at(out, task);
    }
    list_sum_.vectorize(l_, context_.lanes).unroll(l_);
    list_sum_.update().reorder(l_, slot_).vectorize(l_, context_.lanes).unroll(l_);
    panel_.store_in(kOnStack).bound(l_, 0, context_.lanes).bound(v_, 0, vectors_).bound(s_, 0, chunk_);
    if (product_.transposed && chunk_ >= context_.lanes) {
      // Four rows at a time: the compiler makes fewer instructions of this than of square blocks.
      Var block, line, quad, i;
      panel_.split(s_, block, line, context_.lanes, TailStrategy::ShiftInwards).split(l_, quad, i, kQuad);
      panel_.reorder(i, quad, line, block, v_).vectorize(i).unroll(quad).unroll(line);
      transposed_.compute_at(panel_, v_)
          .store_in(kOnStack)
          .bound_extent(i_, kQuad)
          .bound(s_, 0, chunk_)
          .bound_extent(g_, context_.lanes / kQuad);
      transposed_.reorder(i_, s_, g_).vectorize(s_, context_.lanes).unroll(i_);
    } else {
      panel_.reorder(l_, v_, s_).vectorize(l_).unroll(v_);
    }
    list_.Schedule();
  }

  Expr First(const Expr& tile) const {
    return Halide::min(tile * across_, static_cast<int>(product_.columns) - across_);
  }

  void MakeSums() {
    const int depth = static_cast<int>(product_.depth);
    const auto inside = [&](const Expr& k) { return Halide::clamp(k, 0, product_.real_depth - 1); };
    const bool ragged = depth % chunk_ != 0 || !Halide::Internal::is_const(product_.real_depth);
    // The last chunk may end with rows that no list names.  Otherwise it is shifted inwards to be whole, so that b can
    // be read in vectors along the depth.
    const bool shifted = ragged && product_.transposed;
    const Expr begin = shifted ? Halide::min(q_ * chunk_, depth - chunk_) : q_ * chunk_;
    const Expr row = begin + s_;
    // Bounds inference cannot prove that the last chunk is shifted.
    const Expr in_panel = shifted ? Halide::unsafe_promise_clamped(row, 0, depth - 1) : ragged ? inside(row) : row;
    transposed_(i_, s_, g_, v_, q_, t_) = product_.b(in_panel, First(t_) + v_ * context_.lanes + g_ * kQuad + i_);
    panel_(l_, s_, v_, q_, t_) = transposed_(l_ % kQuad, s_, l_ / kQuad, v_, q_, t_);
    slot_ = RDom(0, chunk_, "walk");
    slot_.where(slot_ < list_.Count(r_, q_));  // becomes the bound of the loop
    const Expr place = Halide::unsafe_promise_clamped(list_.Place(slot_, r_, q_), 0, chunk_ - 1),
               column = q_ * chunk_ + place;
    const Expr in_chunk = shifted ? Halide::unsafe_promise_clamped(column - begin, 0, chunk_ - 1) : place;
    list_sum_(l_, r_, q_, t_) = 0.0f;
    list_sum_(l_, r_, q_, t_) +=
        product_.a(r_, ragged ? Halide::unsafe_promise_clamped(column, 0, product_.real_depth - 1) : column) *
        panel_(l_ % context_.lanes, in_chunk, l_ / context_.lanes, q_, t_);
    all_ = RDom(0, chunks_, "all");
    AddPieces(sums_, {l_, r_, t_}, all_ == 0, list_sum_(l_, r_, all_, t_));
  }

  const LoopContext& context_;
  const ListedProduct product_;
  const int vectors_, across_, chunk_, chunks_;
  int tiles_, each_;
  const Var i_{"i"}, g_{"g"};  // row of a quad, quad
  const Var l_{"l"}, v_{"v"}, r_{"r"}, t_{"t"}, q_{"q"},
      s_{"s"};  // column of a tile or lane, vector, row, tile, chunk, position in a chunk
  RowLists list_;
  Func transposed_{"transposed"}, panel_{"panel"}, list_sum_{"walk_sum"}, sums_{"sums"};
  RDom slot_, all_;
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
  Func out = MakeFunc("out", Axes(2), builder.ResultsAt(spec.sums(), product.At(Axis(1), Axis(0))));
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
  Func out = MakeFunc("out", Axes(2), builder.ResultsAt(spec.sums(), right ? product.At(m, k) : product.At(k, m)));
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
