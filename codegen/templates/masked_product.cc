// masked_product: the data gradient of a dense layer behind a ReLU, dx[n, c] = Σ over m of dy[n, m] · w[c, m] where relu's result y[n, c] was
// positive, and nothing elsewhere.
//
// Where a ReLU was off, and that is half of the elements or more, its gradient is zero whatever the product is; so those products are not
// formed.  The others are: each the sum over a row of dy and a row of w as they lie in memory, a few of them together.
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

constexpr int kTogether = 4;               // products that share what they load of dy
constexpr int64_t kBlockBytes = 128 << 10;  // of the rows of w that a task reads: a quarter of a second-level cache
constexpr int64_t kFewestUnits = 256;       // of dy, so that adding up the lanes does not count
constexpr int64_t kFewRows = 4;             // for which nobody turns the weights around

}  // namespace

ScheduledKernel BuildDenseGradInput(const KernelRequest& request) {
  Frame frame(request);
  const Machine& machine = frame.machine();
  const ir::Node &matmul = *frame.Find(ir::kMatmul), *const mask = frame.Find(ir::kReluGrad);
  const Tensor *dy = frame.Parameter(matmul.inputs[0]), *w = frame.Parameter(matmul.inputs[1]);
  const auto otherwise = request.kernel().region == "dense_grad_input_of_live" ? BuildLiveDenseGradInput : BuildGeneric;
  if (mask == nullptr || dy == nullptr || w == nullptr || dy->type.rank() != 2 || dy->type.shape[0] != ir::kBatch) return otherwise(request);
  const Tensor* const y = frame.Parameter(mask->inputs[1]);
  const int units = static_cast<int>(w->type.shape[1]), inputs = static_cast<int>(w->type.shape[0]), lanes = machine.lanes;
  if (y == nullptr || frame.kernel().outputs.size() != 1 || units % lanes != 0) return otherwise(request);
  if (units < kFewestUnits && machine.batch_size > kFewRows) return otherwise(request);

  const int most = static_cast<int>(std::clamp<int64_t>(kBlockBytes / (int64_t{units} * 4), lanes, kLongestChunk - lanes)) / lanes * lanes;
  const int blocks = (inputs + most - 1) / most, block = ((inputs + blocks - 1) / blocks + lanes - 1) / lanes * lanes;
  LiveList list(machine, {machine.batch_size, inputs, machine.rows, inputs, block, false, [&](const Expr& n, const Expr& c) { return (*y)({n, c}) > 0.0f; }});

  // dots: a vector of partial sums for each of kTogether entries of the list; their sums go to the places that the entries name.  Entries
  // behind the last one name a place behind the block.
  const Var l("l"), j("j"), g("g"), n = Axis(1), b("b"), c("c");
  const RDom v(0, units / lanes, "v"), lane(0, lanes, "lane");
  Func dots("dots"), sums("sums"), row("row");
  const Expr place = list.Place(g * kTogether + j, n, b), channel = Halide::min(b * block + place, inputs - 1);
  dots(l, j, g, n, b) = 0.0f;
  dots(l, j, g, n, b) += (*dy)({n, v * lanes + l}) * (*w)({Halide::unsafe_promise_clamped(channel, 0, inputs - 1), v * lanes + l});
  sums(j, g, n, b) = 0.0f;
  sums(j, g, n, b) += dots(lane, j, g, n, b);
  const RDom r(0, kTogether, 0, (block + kTogether - 1) / kTogether, "r");
  RDom live = r;
  live.where(r.y * kTogether < list.Count(n, b));  // becomes the loop's bound
  row(c, n, b) = 0.0f;
  row(Halide::unsafe_promise_clamped(list.Place(live.y * kTogether + live.x, n, b), 0, block), n, b) = sums(live.x, live.y, n, b);

  const Var x = Axis(0);
  Func out = MakeFunc("out", Axes(2), {row(x % block, n, x / block)});
  frame.AddOutput(out, frame.kernel().outputs);
  Var tile, group, task;
  const int groups = std::max(1, static_cast<int>(kTasks) / blocks), each = (static_cast<int>(machine.batch_size) + groups - 1) / groups;
  out.bound(x, 0, inputs).bound(n, 0, machine.rows);
  out.split(x, tile, x, block, TailStrategy::GuardWithIf).split(n, group, n, each, TailStrategy::GuardWithIf).reorder(x, n, tile, group);
  out.vectorize(x, lanes, TailStrategy::GuardWithIf).fuse(tile, group, task).parallel(task);
  row.compute_at(out, n).store_in(kOnStack).bound_extent(c, block + 1).vectorize(c, lanes, TailStrategy::GuardWithIf);
  row.update().reorder(live.x, live.y).unroll(live.x);
  sums.compute_at(row, live.y).unroll(j);
  sums.update().reorder(lane, j).atomic().vectorize(lane).unroll(j);
  dots.compute_at(row, live.y).vectorize(l, lanes).unroll(j).bound_extent(j, kTogether);
  dots.update().reorder(l, j, v).vectorize(l, lanes).unroll(j);
  list.Schedule();
  return frame.Finish();
}

}  // namespace brine::codegen
