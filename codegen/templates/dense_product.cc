// dense: y = activation(x·w + b) where few rows meet a large matrix of weights, whose way through the caches is what
// counts.
//
// The depth is cut into parts and the rows into blocks, and a task is a part of a block.  It takes its weights in
// chunks small enough for all columns of one to stay near while every register tile passes over them, so that each
// weight is fetched once a task; what the tiles have summed lies in the task's partial sums meanwhile.  Then the parts
// are added in order.
//
// Where a ReLU made x, a task lists the live elements of its rows in a chunk, and the sums of a row walk its list.
#include <algorithm>

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

constexpr int kDepthChunk = 64;             // and less where that many rows of the weights would not stay near:
constexpr int64_t kPanelBytes = 256 << 10;  // of a chunk, half of a second-level cache
constexpr int64_t kFewestShared = 8;        // rows of x, that share what a tile loads of w
constexpr int kWalkedVectors = 8;           // of results, while a list is walked
constexpr int kBlockRows = 64;              // of x, of a task
// Where one pass over the depth is not better: deep, and four times as deep as wide, or more weights than caches hold.
constexpr int64_t kDeep = 512, kFarBytes = 8 << 20;

}  // namespace

ScheduledKernel BuildDense(const KernelRequest& request) {
  Frame frame(request);
  const Machine& machine = frame.machine();
  const ir::Node& matmul = *frame.Find(ir::kMatmul);
  const ir::Type& type = frame.graph().type(matmul.outputs[0]);
  const Tensor *x = frame.Parameter(matmul.inputs[0]), *w = frame.Parameter(matmul.inputs[1]);
  const bool listed = request.kernel().region == "dense_of_live";
  const auto otherwise = listed ? BuildLiveDense : BuildGeneric;
  if (type.rank() != 2 || type.shape[0] != ir::kBatch || x == nullptr || w == nullptr ||
      frame.kernel().outputs.size() != 1)
    return otherwise(request);
  const int64_t depth = x->type.shape[1], units = type.shape[1], batch = machine.batch_size;
  const bool deep = depth >= kDeep && (depth >= 4 * units || depth * units * 4 >= kFarBytes);
  if (batch < kFewestShared || !deep || units < machine.lanes) return otherwise(request);

  const Tile tile = listed ? Tile{std::min(kWalkedVectors, Parts(units, machine.lanes)), 1}
                           : ChooseTile(units, batch, machine.lanes, machine.registers);
  const int across = machine.lanes * tile.vectors, columns = Parts(units, across);
  // Blocks of rows, and parts of the depth so that there are tasks enough.
  const int rows = Parts(batch, tile.rows), block_rows = std::min(rows, std::max(1, kBlockRows / tile.rows)),
            blocks = Parts(rows, block_rows);
  const int chunk_depth = static_cast<int>(
      std::clamp<int64_t>(kPanelBytes / (int64_t{columns} * across * 4) / kFlags * kFlags, kFlags, kDepthChunk));
  const int chunks = Parts(depth, chunk_depth), each = Parts(chunks, std::max(1, static_cast<int>(kTasks) / blocks)),
            parts = Parts(chunks, each);

  const Var l("l"), i("i"), k("k"), column("column"), row("row"), part("part"), chunk("chunk");
  const RDom all(0, parts, "all");
  RDom r(0, chunk_depth, "r"), walk(0, each, "walk");
  Func panel("panel"), tile_sum("tile_sum"), part_sum("part_sum"), total("total");
  const int last = static_cast<int>(depth) - 1;
  const bool ragged = depth % chunk_depth != 0;
  // A chunk of w, strips as wide as a tile behind each other: where it stands, rows of a strip lie in the same few sets
  // of a cache. Behind the last row and the last unit stand these again; what is summed there is not stored. Walks read
  // whole rows of what a single strip holds anyway.
  const bool in_place = listed && units == across;
  const Expr row_of_w = chunk * chunk_depth + k, unit = column * across + l;
  panel(l, k, column, chunk) = (*w)({ragged ? Halide::min(row_of_w, last) : row_of_w,
                                     units % across == 0 ? unit : Halide::min(unit, static_cast<int>(units) - 1)});
  LiveList list(machine, {batch, depth, machine.rows, static_cast<int>(depth), chunk_depth, false,
                          [&](const Expr& of, const Expr& in) {
                            return IsLive((*x)({of, in}));
                          }});
  const Expr in_chunk =
                 listed ? Halide::unsafe_promise_clamped(list.Place(r, row, chunk), 0, chunk_depth - 1) : Expr(r),
             at = chunk * chunk_depth + in_chunk;
  if (listed)
    r.where(r < list.Count(row, chunk));  // becomes the loop's bound
  else if (ragged)
    r.where(at <= last);
  tile_sum(l, i, column, row, chunk) = 0.0f;
  tile_sum(l, i, column, row, chunk) +=
      (*x)({Halide::min(row * tile.rows + i, machine.rows - 1), ragged ? Halide::min(at, last) : at}) *
      panel(l, in_chunk, column, chunk);
  const Expr number = part * each + walk;
  if (chunks % each != 0) walk.where(number < chunks);
  part_sum(l, i, column, row, part) = Halide::undef<float>();
  const Expr before = Halide::select(walk == 0, 0.0f, part_sum(l, i, column, row, part));
  part_sum(l, i, column, row, part) = before + tile_sum(l, i, column, row, Halide::min(number, chunks - 1));
  total(l, i, column, row) = 0.0f;
  total(l, i, column, row) += part_sum(l, i, column, row, all);

  const Var m = Axis(0), n = Axis(1);
  const Tensor value = frame.LowerRest(
      matmul, {type, MakeFunc("sum", Axes(2), {total(m % across, n % tile.rows, m / across, n / tile.rows)}), -1});
  Func out = MakeFunc("out", Axes(2), {value({n, m})});
  frame.AddOutput(out, frame.kernel().outputs);

  Var outer, inner, block, task;
  out.compute_root().bound(m, 0, static_cast<int>(units)).bound(n, 0, machine.rows);
  out.split(m, outer, inner, across, TailStrategy::GuardWithIf)
      .reorder(inner, outer, n)
      .vectorize(inner, machine.lanes, TailStrategy::GuardWithIf);
  out.parallel(n, Parts(batch, kTasks), TailStrategy::GuardWithIf);
  total.compute_at(out, outer).bound_extent(l, across).vectorize(l, machine.lanes).unroll(l);
  total.update().reorder(l, i, column, row, all).vectorize(l, machine.lanes).unroll(l);

  part_sum.compute_root().bound(l, 0, across).bound(i, 0, tile.rows).bound(column, 0, columns).bound(part, 0, parts);
  part_sum.bound(row, 0, (machine.rows + tile.rows - 1) / tile.rows).bound_storage(row, rows);
  part_sum.update()
      .split(row, block, row, block_rows, TailStrategy::GuardWithIf)
      .reorder(l, i, row, column, walk, block, part);
  part_sum.update().vectorize(l, machine.lanes).unroll(l).unroll(i).fuse(block, part, task).parallel(task);
  if (!in_place) {
    panel.compute_at(part_sum, walk.x)
        .store_in(kOnStack)
        .bound(l, 0, across)
        .bound_extent(k, chunk_depth)
        .bound(column, 0, columns);
    panel.reorder(l, column, k, chunk).vectorize(l, machine.lanes).unroll(l).unroll(column);
  }
  tile_sum.compute_at(part_sum, row).vectorize(l, machine.lanes).unroll(l).unroll(i);
  tile_sum.update().reorder(l, i, r).vectorize(l, machine.lanes).unroll(l).unroll(i);
  if (listed) list.Schedule(part_sum, walk.x, block_rows);
  return frame.Finish(listed ? "lists" : "parts");
}

}  // namespace brine::codegen
