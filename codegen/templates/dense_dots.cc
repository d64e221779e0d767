// dense_dots: the data gradient of a dense layer over many units, dx[n, c] = Σ over m of dy[n, m] · w[c, m]: each the
// sum over a row of dy and a row of w as they lie in memory, some of them together.  Nobody turns the weights around,
// which may take longer than the product.
//
// Behind a ReLU the gradient is zero where it was off, and that is half of the elements or more, whatever the product
// is.  Where the kernel masks its result, only those are formed that the mask lets through.
#include <algorithm>

#include "codegen/templates/frame.h"
#include "codegen/templates/live_list.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

constexpr int kTogether = 4;                // dots that share what they load of dy
constexpr int64_t kBlockBytes = 128 << 10;  // of the rows of w that a task reads: a quarter of a second-level cache
constexpr int64_t kFewestUnits = 256;       // of dy, so that adding up the lanes does not count
constexpr int64_t kFewRows = 4;             // for which nobody turns the weights around

// The terms of dots over `units`, a vector of them a step.  The last step's ends with the row and leaves out what was
// added before.
class Terms {
 public:
  Terms(const Tensor& dy, const Tensor& w, int lanes)
      : dy_(dy),
        w_(w),
        units_(static_cast<int>(w.type.shape[1])),
        lanes_(lanes),
        ragged_(units_ % lanes != 0),
        step(0, Parts(units_, lanes), "step") {}

  Expr operator()(const Expr& n, const Expr& channel, const Expr& lane) const {
    const Expr unit = (ragged_ ? Halide::min(step * lanes_, units_ - lanes_) : step * lanes_) + lane,
               product = dy_({n, unit}) * w_({channel, unit});
    return ragged_ ? Halide::select(unit >= step * lanes_, product, 0.0f) : product;
  }

 private:
  const Tensor dy_, w_;
  const int units_, lanes_;
  const bool ragged_;

 public:
  const RDom step;
};

// Channels whose rows of w are read by a task, again and again: whole vectors of them.
int BlockOf(int inputs, int units, int lanes) {
  const int most =
      static_cast<int>(std::clamp<int64_t>(kBlockBytes / (int64_t{units} * 4), lanes, kLongestChunk - lanes)) / lanes *
      lanes;
  return Parts(Parts(inputs, Parts(inputs, most)), lanes) * lanes;
}

// Rows, or groups of `rows` of them, that a task takes of each block.
int RowsOf(const Machine& machine, int blocks, int rows) {
  return Parts(Parts(machine.batch_size, rows), std::max(1, static_cast<int>(kTasks) / blocks));
}

bool FitsDots(const Frame& frame, const Tensor* dy, const Tensor* w) {
  return dy != nullptr && w != nullptr && dy->type.rank() == 2 && dy->type.shape[0] == ir::kBatch &&
         frame.kernel().outputs.size() == 1 && w->type.shape[1] >= frame.machine().lanes;
}

}  // namespace

ScheduledKernel BuildDenseGradInput(const KernelRequest& request) {
  Frame frame(request);
  const Machine& machine = frame.machine();
  const ir::Node &matmul = *frame.Find(ir::kMatmul), *const mask = frame.Find(ir::kReluGrad);
  const Tensor *dy = frame.Parameter(matmul.inputs[0]), *w = frame.Parameter(matmul.inputs[1]);
  const auto otherwise =
      request.kernel().region == "dense_grad_input_of_live" ? BuildLiveDenseGradInput : BuildDenseDots;
  if (mask == nullptr || !FitsDots(frame, dy, w)) return otherwise(request);
  const Tensor* const y = frame.Parameter(mask->inputs[1]);
  const int units = static_cast<int>(w->type.shape[1]), inputs = static_cast<int>(w->type.shape[0]),
            lanes = machine.lanes;
  if (y == nullptr || (units < kFewestUnits && machine.batch_size > kFewRows)) return otherwise(request);

  const int block = BlockOf(inputs, units, lanes), blocks = Parts(inputs, block);
  LiveList list(machine,
                {machine.batch_size, inputs, machine.rows, inputs, block, false, [&](const Expr& n, const Expr& c) {
                   return (*y)({n, c}) > 0.0f;
                 }});

  // dots: a vector of partial sums for each of kTogether entries of the list; their sums go to the places that the
  // entries name.  Entries behind the last one name a place behind the block.
  const Var l("l"), j("j"), g("g"), n = Axis(1), b("b"), c("c");
  const Terms terms(*dy, *w, lanes);
  const RDom lane(0, lanes, "lane");
  Func dots("dots"), sums("sums"), row("row");
  const Expr channel = Halide::min(b * block + list.Place(g * kTogether + j, n, b), inputs - 1);
  dots(l, j, g, n, b) = 0.0f;
  dots(l, j, g, n, b) += terms(n, Halide::unsafe_promise_clamped(channel, 0, inputs - 1), l);
  sums(j, g, n, b) = 0.0f;
  sums(j, g, n, b) += dots(lane, j, g, n, b);
  const RDom r(0, kTogether, 0, (block + kTogether - 1) / kTogether, "r");
  RDom live = r;
  live.where(r.y * kTogether < list.Count(n, b));  // becomes the loop's bound
  row(c, n, b) = 0.0f;
  row(Halide::unsafe_promise_clamped(list.Place(live.y * kTogether + live.x, n, b), 0, block), n, b) =
      sums(live.x, live.y, n, b);

  const Var x = Axis(0);
  Func out = MakeFunc("out", Axes(2), {row(x % block, n, x / block)});
  frame.AddOutput(out, frame.kernel().outputs);
  Var tile, group, task;
  out.bound(x, 0, inputs).bound(n, 0, machine.rows);
  out.split(x, tile, x, block, TailStrategy::GuardWithIf)
      .split(n, group, n, RowsOf(machine, blocks, 1), TailStrategy::GuardWithIf)
      .reorder(x, n, tile, group);
  out.vectorize(x, lanes, TailStrategy::GuardWithIf).fuse(tile, group, task).parallel(task);
  row.compute_at(out, n).store_in(kOnStack).bound_extent(c, block + 1).vectorize(c, lanes, TailStrategy::GuardWithIf);
  row.update().reorder(live.x, live.y).unroll(live.x);
  sums.compute_at(row, live.y).unroll(j);
  sums.update().reorder(lane, j).atomic().vectorize(lane).unroll(j);
  dots.compute_at(row, live.y).vectorize(l, lanes).unroll(j).bound_extent(j, kTogether);
  dots.update().reorder(l, j, terms.step).vectorize(l, lanes).unroll(j);
  list.Schedule();
  return frame.Finish("masked-dots");
}

ScheduledKernel BuildDenseDots(const KernelRequest& request) {
  Frame frame(request);
  const Machine& machine = frame.machine();
  const ir::Node& matmul = *frame.Find(ir::kMatmul);
  const Tensor *dy = frame.Parameter(matmul.inputs[0]), *w = frame.Parameter(matmul.inputs[1]);
  if (!FitsDots(frame, dy, w) || (w->type.shape[1] < kFewestUnits && machine.batch_size > kFewRows))
    return BuildGeneric(request);
  const ir::Type& type = frame.graph().type(matmul.outputs[0]);
  const int inputs = static_cast<int>(w->type.shape[0]), units = static_cast<int>(w->type.shape[1]),
            lanes = machine.lanes;
  const int block = BlockOf(inputs, units, lanes), blocks = Parts(inputs, block);
  const int rows = static_cast<int>(
      std::min<int64_t>(machine.batch_size, machine.registers >= 32 ? 4 : 2));  // that share what is loaded of w

  // A tile is kTogether channels of the block by some rows; behind the last channel and row stand these again.
  const Var l("l"), j("j"), i("i"), g("g"), h("h"), b("b"), c("c");
  const Terms terms(*dy, *w, lanes);
  const RDom lane(0, lanes, "lane");
  Func dots("dots"), sums("sums"), strip("strip");
  dots(l, j, i, g, h, b) = 0.0f;
  dots(l, j, i, g, h, b) +=
      terms(Halide::min(h * rows + i, machine.rows - 1), Halide::min(b * block + g * kTogether + j, inputs - 1), l);
  sums(j, i, g, h, b) = 0.0f;
  sums(j, i, g, h, b) += dots(lane, j, i, g, h, b);
  strip(c, i, h, b) = sums(c % kTogether, i, c / kTogether, h, b);

  const Var x = Axis(0), n = Axis(1);
  const Tensor value =
      frame.LowerRest(matmul, {type, MakeFunc("sum", Axes(2), {strip(x % block, n % rows, n / rows, x / block)}), -1});
  Func out = MakeFunc("out", Axes(2), {value({n, x})});
  frame.AddOutput(out, frame.kernel().outputs);
  Var tile, group, task, line;
  out.bound(x, 0, inputs).bound(n, 0, machine.rows);
  out.split(x, tile, x, block, TailStrategy::GuardWithIf).split(n, line, n, rows, TailStrategy::GuardWithIf);
  out.split(line, group, line, RowsOf(machine, blocks, rows), TailStrategy::GuardWithIf)
      .reorder(x, n, line, tile, group);
  out.vectorize(x, lanes, TailStrategy::GuardWithIf).fuse(tile, group, task).parallel(task);
  strip.compute_at(out, line).store_in(kOnStack).bound_extent(c, block).bound_extent(i, rows);
  Var four;
  strip.split(c, four, c, kTogether, TailStrategy::RoundUp).reorder(c, i, four).unroll(c).unroll(i);
  sums.compute_at(strip, four).unroll(j).unroll(i);
  sums.update().reorder(lane, j, i).atomic().vectorize(lane).unroll(j).unroll(i);
  dots.compute_at(strip, four).vectorize(l, lanes).unroll(j).unroll(i);
  dots.update().reorder(l, j, i, terms.step).vectorize(l, lanes).unroll(j).unroll(i);
  return frame.Finish("dots");
}

}  // namespace brine::codegen
