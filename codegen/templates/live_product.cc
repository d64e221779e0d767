// live_product: the products of a dense layer, forward and for the gradient of its weights, that leave out the zeros of
// one operand.
//
// Behind a ReLU half of the activations and of the gradients are zero, or more.  For each row of the operand with the
// zeros, the columns that are not are listed first; then a row of results, as many vectors of it as registers hold,
// walks that list: one row of the other operand for each entry, without a test inside.  The depth is cut into chunks,
// so that the rows that lists point into lie in the first-level cache, copied behind each other.
//
// A walk loads a vector for each multiply-add, and a core can do as many of the one as of the other; so with no zeros
// at all this takes a third longer than a product that visits everything.
#include <algorithm>
#include <functional>

#include "codegen/templates/frame.h"
#include "codegen/templates/live_list.h"
#include "codegen/templates/set_bits.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;
using ir::Node;

constexpr int kVectors = 8;                 // of results in registers
constexpr int kQuad = 4;                    // rows that are turned together
constexpr int kFewestVectors = 4;           // that hide the latency of a sum
constexpr int kPanelBytes = 32 << 10;       // of the rows of a chunk: a first-level cache
constexpr int kMostSums = 64 << 10;         // bytes of a task's sums
constexpr int64_t kFewestRows = 32;         // of results that read a panel, and of the depth
constexpr int64_t kFewestRowsInPlace = 64;  // of results, where a product that visits everything needs no copy either

// y[r, m] = Σ over k of a(r, k) · b(k, m)
struct Product {
  int64_t rows, depth, columns;  // n at its largest
  Expr real_rows, real_depth;    // n at its real size
  bool rows_are_contiguous;      // a(r, k) and a(r + 1, k) are neighbours in memory; else a(r, k) and a(r, k + 1) are
  bool turned;  // b(k, m) and b(k + 1, m) are neighbours, and the depth is not n; else b(k, m) and b(k, m + 1) are
  std::function<Expr(const Expr& r, const Expr& k)> a;
  std::function<Expr(const Expr& k, const Expr& m)> b;
};

class LiveProduct {
 public:
  LiveProduct(const Machine& machine, const Product& product)
      : machine_(machine),
        product_(product),
        vectors_(Vectors()),
        across_(vectors_ * machine.lanes),
        chunk_(Chunk()),
        chunks_(Parts(product.depth, chunk_)),
        list_(machine,
              {product.rows, product.depth, product.real_rows, product.real_depth, chunk_, product.rows_are_contiguous,
               [&](const Expr& r, const Expr& k) { return IsLive(product.a(r, k)); }}) {
    tiles_ = static_cast<int>((product.columns + across_ - 1) / across_);
    // Rows of a task: enough tasks, and sums that stay in the second-level cache.
    const int64_t groups =
        std::max<int64_t>((kTasks + tiles_ - 1) / tiles_, (product.rows * across_ * 4 + kMostSums - 1) / kMostSums);
    each_ = Parts(product.rows, groups);
    MakeSums();
  }

  bool Fits() const {
    return product_.rows >= kFewestRows && product_.columns >= across_ && product_.depth >= kFewestRows;
  }

  // Element (r, m), where r is in the group and m in the tile of a task.
  Expr At(const Expr& r, const Expr& m) const {
    const Expr tile = m / across_, column = Halide::unsafe_promise_clamped(m - First(tile), 0, across_ - 1);
    return chunks_ == 1 ? Expr(walk_sum_(column, r, 0, tile)) : Expr(sums_(column, r, tile));
  }

  // out(m, r): a task is some columns of some rows.
  void ScheduleRows(Func& out) {
    const Var m = Axis(0), r = Axis(1);
    Var tile, group, task;
    out.bound(m, 0, static_cast<int>(product_.columns)).bound(r, 0, product_.real_rows);
    out.split(m, tile, m, across_, TailStrategy::GuardWithIf)
        .split(r, group, r, each_, TailStrategy::GuardWithIf)
        .reorder(m, r, tile, group);
    out.vectorize(m, machine_.lanes, TailStrategy::GuardWithIf).unroll(m).fuse(tile, group, task).parallel(task);
    Schedule(out, task, r);
  }

  // out(r, m), turned in blocks that are as high as wide, so that each line of the sums is read while it is near.
  void ScheduleTurned(Func& out) {
    const Var r = Axis(0), m = Axis(1);
    Var tile, group, task, lines, columns;
    out.bound(m, 0, static_cast<int>(product_.columns)).bound(r, 0, product_.real_rows);
    out.split(m, tile, m, across_, TailStrategy::GuardWithIf).split(r, group, r, each_, TailStrategy::GuardWithIf);
    out.split(r, lines, r, machine_.lanes, TailStrategy::GuardWithIf)
        .split(m, columns, m, machine_.lanes, TailStrategy::GuardWithIf);
    out.reorder(r, m, columns, lines, tile, group).vectorize(r).fuse(tile, group, task).parallel(task);
    Schedule(out, task, lines);
  }

 private:
  // Few results at a time and much of their depth, all of it up to 128: lists of few entries are walked less often, and
  // where b's columns lie in memory, what a panel is made of is read from end to end.
  int Vectors() const {
    return static_cast<int>(
        std::clamp<int64_t>(kPanelBytes / (product_.depth * machine_.lanes * 4), kFewestVectors, kVectors));
  }

  // Of the depth: whole bytes of flags, as even as they go.
  int Chunk() const {
    const int most = std::min(kPanelBytes / (across_ * 4), kLongestChunk) / kFlags * kFlags;
    return static_cast<int>(
        std::min<int64_t>(Parts(Parts(product_.depth, Parts(product_.depth, most)), kFlags) * kFlags, product_.depth));
  }

  // Sums are computed in loop `task` of `out`; those of a single chunk in loop `rows`, where they are used.
  void Schedule(Func& out, const Var& task, const Var& rows) {
    if (chunks_ > 1) {
      sums_.compute_at(out, task).store_in(kOnStack).bound(l_, 0, across_).bound_extent(t_, 1).bound_storage(r_, each_);
      sums_.update().reorder(l_, r_, all_).vectorize(l_, machine_.lanes).unroll(l_);
      walk_sum_.compute_at(sums_, r_);
      panel_.compute_at(sums_, all_);
    } else {
      walk_sum_.compute_at(out, rows).store_in(kOnStack).bound(l_, 0, across_).bound_extent(t_, 1);
      panel_.compute_at(out, task);
    }
    walk_sum_.vectorize(l_, machine_.lanes).unroll(l_);
    walk_sum_.update().reorder(l_, walk_).vectorize(l_, machine_.lanes).unroll(l_);
    panel_.store_in(kOnStack).bound(l_, 0, machine_.lanes).bound(v_, 0, vectors_).bound_extent(s_, chunk_);
    if (product_.turned && chunk_ >= machine_.lanes) {
      // Four rows at a time: the compiler makes a third fewer instructions of it than of blocks as high as wide.
      Var block, line, quad, i;
      panel_.split(s_, block, line, machine_.lanes, TailStrategy::ShiftInwards).split(l_, quad, i, kQuad);
      panel_.reorder(i, quad, line, block, v_).vectorize(i).unroll(quad).unroll(line);
      turned_.compute_at(panel_, v_)
          .store_in(kOnStack)
          .bound_extent(i_, kQuad)
          .bound_extent(s_, chunk_)
          .bound_extent(g_, machine_.lanes / kQuad);
      turned_.reorder(i_, s_, g_).vectorize(s_, machine_.lanes).unroll(i_);
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
    // The last chunk ends with rows that no list names; or begins early enough to be whole, so that b can be read in
    // vectors along the depth.
    const bool shifted = ragged && product_.turned;
    const Expr begin = shifted ? Halide::min(q_ * chunk_, depth - chunk_) : q_ * chunk_;
    const Expr in_panel = ragged && !shifted ? inside(begin + s_) : begin + s_;
    turned_(i_, s_, g_, v_, q_, t_) = product_.b(in_panel, First(t_) + v_ * machine_.lanes + g_ * kQuad + i_);
    panel_(l_, s_, v_, q_, t_) = turned_(l_ % kQuad, s_, l_ / kQuad, v_, q_, t_);
    walk_ = RDom(0, chunk_, "walk");
    walk_.where(walk_ < list_.Count(r_, q_));  // becomes the loop's bound
    const Expr place = Halide::unsafe_promise_clamped(list_.Place(walk_, r_, q_), 0, chunk_ - 1),
               column = q_ * chunk_ + place;
    const Expr in_chunk = shifted ? Halide::unsafe_promise_clamped(column - begin, 0, chunk_ - 1) : place;
    walk_sum_(l_, r_, q_, t_) = 0.0f;
    walk_sum_(l_, r_, q_, t_) +=
        product_.a(r_, ragged ? Halide::unsafe_promise_clamped(column, 0, product_.real_depth - 1) : column) *
        panel_(l_ % machine_.lanes, in_chunk, l_ / machine_.lanes, q_, t_);
    all_ = RDom(0, chunks_, "all");
    sums_(l_, r_, t_) = Halide::undef<float>();
    sums_(l_, r_, t_) = Halide::select(all_ == 0, 0.0f, sums_(l_, r_, t_)) + walk_sum_(l_, r_, all_, t_);
  }

  const Machine& machine_;
  const Product product_;
  const int vectors_, across_, chunk_, chunks_;
  int tiles_, each_;
  const Var i_{"i"}, g_{"g"};  // row of four, which four
  const Var l_{"l"}, v_{"v"}, r_{"r"}, t_{"t"}, q_{"q"},
      s_{"s"};  // column of a tile or of a vector of it, vector, row, tile, chunk, place in a chunk
  LiveList list_;
  Func turned_{"turned"}, panel_{"panel"}, walk_sum_{"walk_sum"}, sums_{"sums"};
  RDom walk_, all_;
};

// Over the rows of the kernel's matmul, and what the kernel does with its result: y = activation(x·w + b), or dx =
// dy·wᵀ behind relu's mask.
ScheduledKernel BuildOverRows(const KernelRequest& request,
                              ScheduledKernel (*otherwise)(const KernelRequest& request)) {
  Frame frame(request);
  const Machine& machine = frame.machine();
  const Node& matmul = *frame.Find(ir::kMatmul);
  const ir::Type& type = frame.graph().type(matmul.outputs[0]);
  const Tensor *a = frame.Parameter(matmul.inputs[0]), *b = frame.Parameter(matmul.inputs[1]);
  if (type.rank() != 2 || type.shape[0] != ir::kBatch || a == nullptr || b == nullptr ||
      frame.kernel().outputs.size() != 1)
    return otherwise(request);
  const int depth = static_cast<int>(a->type.shape[1]), columns = static_cast<int>(type.shape[1]);
  const bool turned = matmul.attributes.Bool("transpose_b");
  LiveProduct live(machine, {machine.batch_size, depth, columns, machine.rows, depth, false, turned,
                             [&](const Expr& r, const Expr& k) {
                               return (*a)({r, k});
                             },
                             [&](const Expr& k, const Expr& m) {
                               return turned ? (*b)({m, k}) : (*b)({k, m});
                             }});
  if (!live.Fits() || (!turned && machine.batch_size < kFewestRowsInPlace)) return otherwise(request);
  const Var m = Axis(0), n = Axis(1);
  const Tensor value = frame.LowerRest(matmul, {type, MakeFunc("sum", Axes(2), {live.At(n, m)}), -1});
  Func out = MakeFunc("out", Axes(2), {value({n, m})});
  frame.AddOutput(out, frame.kernel().outputs);
  live.ScheduleRows(out);
  return frame.Finish("lists");
}

}  // namespace

ScheduledKernel BuildLiveDense(const KernelRequest& request) { return BuildOverRows(request, BuildGeneric); }

ScheduledKernel BuildLiveDenseGradInput(const KernelRequest& request) { return BuildOverRows(request, BuildDenseDots); }

// dw = xᵀ·dy over n, listing the columns of x; or those of dy, which gives (dw)ᵀ.
ScheduledKernel BuildLiveDenseGradFilter(const KernelRequest& request) {
  Frame frame(request);
  const Machine& machine = frame.machine();
  const Node& matmul = *frame.Find(ir::kMatmul);
  const ir::Type& type = frame.graph().type(matmul.outputs[0]);
  const Tensor *x = frame.Parameter(matmul.inputs[0]), *dy = frame.Parameter(matmul.inputs[1]);
  if (type.rank() != 2 || x == nullptr || dy == nullptr || x->type.rank() != 2 || x->type.shape[0] != ir::kBatch)
    return BuildGeneric(request);
  const bool turned = frame.kernel().region == "dense_grad_filter_of_live";
  const Tensor &listed = turned ? *dy : *x, &other = turned ? *x : *dy;
  const int rows = static_cast<int>(listed.type.shape[1]), columns = static_cast<int>(other.type.shape[1]);
  LiveProduct live(machine, {rows, machine.batch_size, columns, rows, machine.rows, true, false,
                             [&](const Expr& r, const Expr& n) {
                               return listed({n, r});
                             },
                             [&](const Expr& n, const Expr& m) {
                               return other({n, m});
                             }});
  if (!live.Fits()) return BuildGeneric(request);
  const Var m = Axis(0), k = Axis(1);
  Func out = MakeFunc("out", Axes(2), {turned ? live.At(m, k) : live.At(k, m)});
  frame.AddOutput(out, {matmul.outputs[0]});
  if (turned)
    live.ScheduleTurned(out);
  else
    live.ScheduleRows(out);
  frame.AddSum(*dy);
  return frame.Finish("lists");
}

}  // namespace brine::codegen
