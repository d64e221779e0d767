// y = activation(x·w + b) for few rows and large weights, where the time is that of bringing the weights through the
// caches.
#include <algorithm>

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

constexpr int kDepthChunk = 64;         // less if that many rows of the weights would not fit the first-level cache
constexpr int kWalkedVectors = 8;       // vectors of results while a list is iterated over
constexpr int kBlockRows = 64;          // rows of x in a task
constexpr double kExchangedBytes = 20;  // the price of a sum that one core stores and another loads
constexpr double kMinShared = 8;        // rows of x that share what a tile loads of w; with fewer, loads are the limit

// The tile of a list, whose products are of one row of x.
Tile ListedTile(int64_t units, int lanes) {
  return {static_cast<int>(std::min<int64_t>(kWalkedVectors, CeilDiv(units, lanes))), 1};
}

// Whether a strip of w is as wide as w, so that a list reads its rows in place.
bool ReadsInPlace(const Tile& tile, int64_t units, int lanes, bool listed) {
  return listed && units == lanes * tile.vectors;
}

// The number of chunks in each part, so that there are enough tasks.
int ChunksOfPart(int chunks, int blocks) { return CeilDiv(chunks, std::max(1, static_cast<int>(kTasks) / blocks)); }

ScheduledKernel BuildSplit(KernelBuilder& builder, bool listed) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const Tensor x = builder.Read(spec.operand(0)), w = builder.Read(spec.operand(1));
  const int64_t depth = x.type.shape[1], units = w.type.shape[1], batch = context.batch_size;

  const Tile tile = listed ? ListedTile(units, context.lanes) : ChooseTile(units, batch, context);
  const int across = context.lanes * tile.vectors, columns = CeilDiv(units, across);
  // Blocks of rows, and parts of the depth, so that there are enough tasks.
  const int rows = CeilDiv(batch, tile.rows), block_rows = std::min(rows, std::max(1, kBlockRows / tile.rows)),
            blocks = CeilDiv(rows, block_rows);
  const int chunk_depth = static_cast<int>(std::clamp<int64_t>(
      8 * context.l1_bytes / (int64_t{columns} * across * 4) / kFlags * kFlags, kFlags, kDepthChunk));
  const int chunks = CeilDiv(depth, chunk_depth), each = ChunksOfPart(chunks, blocks), parts = CeilDiv(chunks, each);

  const Var l("l"), i("i"), k("k"), column("column"), row("row"), part("part"), chunk("chunk");
  const RDom all(0, parts, "all");
  RDom r(0, chunk_depth, "r"), walk(0, each, "walk");
  Func panel("panel"), tile_sum("tile_sum"), part_sum("part_sum"), total("total");
  const int last = static_cast<int>(depth) - 1;
  const bool ragged = depth % chunk_depth != 0;
  // A chunk of w is copied in strips that are as wide as a tile, since in w itself the rows of a strip lie in the same
  // few sets of a cache.  Past the last row and the last unit, indices are clamped; those sums are discarded.  Where a
  // single strip holds whole rows of w, lists read these in place.
  const bool in_place = ReadsInPlace(tile, units, context.lanes, listed);
  const Expr row_of_w = chunk * chunk_depth + k, unit = column * across + l;
  panel(l, k, column, chunk) = w({ragged ? Halide::min(row_of_w, last) : row_of_w,
                                  units % across == 0 ? unit : Halide::min(unit, static_cast<int>(units) - 1)});
  RowLists list(context, {batch, depth, context.rows, static_cast<int>(depth), chunk_depth, false,
                          [&](const Expr& of, const Expr& in) {
                            return IsNonzero(x({of, in}));
                          }});
  const Expr in_chunk =
                 listed ? Halide::unsafe_promise_clamped(list.Place(r, row, chunk), 0, chunk_depth - 1) : Expr(r),
             at = chunk * chunk_depth + in_chunk;
  if (listed)
    r.where(r < list.Count(row, chunk));  // becomes the bound of the loop
  else if (ragged)
    r.where(at <= last);
  tile_sum(l, i, column, row, chunk) = 0.0f;
  tile_sum(l, i, column, row, chunk) +=
      x({Halide::min(row * tile.rows + i, context.rows - 1), ragged ? Halide::min(at, last) : at}) *
      panel(l, in_chunk, column, chunk);
  const Expr number = part * each + walk;
  if (chunks % each != 0) walk.where(number < chunks);
  AddPieces(part_sum, {l, i, column, row, part}, walk == 0,
            tile_sum(l, i, column, row, Halide::min(number, chunks - 1)));
  total(l, i, column, row) = 0.0f;
  total(l, i, column, row) += part_sum(l, i, column, row, all);

  const Var m = Axis(0), n = Axis(1);
  const Expr sum = total(m % across, n % tile.rows, m / across, n / tile.rows);
  Func out = MakeFunc("out", Axes(2), builder.ResultsAt(spec.sums(), sum));
  builder.AddOutput(out, spec.results);

  Var outer, inner, block, task;
  out.compute_root().bound(m, 0, static_cast<int>(units)).bound(n, 0, context.rows);
  out.split(m, outer, inner, across, TailStrategy::GuardWithIf)
      .reorder(inner, outer, n)
      .vectorize(inner, context.lanes, TailStrategy::GuardWithIf);
  out.parallel(n, CeilDiv(batch, kTasks), TailStrategy::GuardWithIf);
  total.compute_at(out, outer).bound_extent(l, across).vectorize(l, context.lanes).unroll(l);
  total.update().reorder(l, i, column, row, all).vectorize(l, context.lanes).unroll(l);

  part_sum.compute_root().bound(l, 0, across).bound(i, 0, tile.rows).bound(column, 0, columns).bound(part, 0, parts);
  part_sum.bound(row, 0, (context.rows + tile.rows - 1) / tile.rows).bound_storage(row, rows);
  part_sum.update()
      .split(row, block, row, block_rows, TailStrategy::GuardWithIf)
      .reorder(l, i, row, column, walk, block, part);
  part_sum.update().vectorize(l, context.lanes).unroll(l).unroll(i).fuse(block, part, task).parallel(task);
  if (!in_place) {
    panel.compute_at(part_sum, walk.x)
        .store_in(kOnStack)
        .bound(l, 0, across)
        .bound_extent(k, chunk_depth)
        .bound(column, 0, columns);
    panel.reorder(l, column, k, chunk).vectorize(l, context.lanes).unroll(l).unroll(column);
  }
  tile_sum.compute_at(part_sum, row).vectorize(l, context.lanes).unroll(l).unroll(i);
  tile_sum.update().reorder(l, i, r).vectorize(l, context.lanes).unroll(l).unroll(i);
  if (listed) list.Schedule(part_sum, walk.x, block_rows);
  ScheduledKernel kernel = builder.Finish();
  if (listed) kernel.sparse = spec.operand(0);
  return kernel;
}

// The work of loading the weights once, and all sums once for each chunk of the depth.
Work CostOfSplit(const KernelSpec& spec, const Machine& machine, bool listed) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  const double full = static_cast<double>(problem.columns) / (CeilDiv(problem.columns, machine.lanes) * machine.lanes);
  if (listed) {
    const double share = spec.IsSparse(spec.operand(0)) ? kNonzeroShare : 1;
    work.sparse_products = share * problem.products() / full;
    work.tested = Elements(spec, spec.operand(0));
  } else {
    work.products = problem.products();
    work.tile_utilization = full * std::min(1.0, static_cast<double>(problem.rows) / kMinShared);
  }
  const Tile tile =
      listed ? ListedTile(problem.columns, machine.lanes) : ChooseTile(problem.columns, problem.rows, machine);
  const int block_rows = std::max(1, kBlockRows / tile.rows) * tile.rows, blocks = CeilDiv(problem.rows, block_rows);
  if (!ReadsInPlace(tile, problem.columns, machine.lanes, listed)) {
    // Each block of rows copies the weights.
    work.cache_bytes += 4.0 * blocks * Elements(spec, spec.operand(1));
  }
  // Each chunk loads and stores the sums of its part.  Then the parts are added, mostly on other cores than those that
  // stored them.
  const int chunks = CeilDiv(problem.depth, kDepthChunk), parts = CeilDiv(chunks, ChunksOfPart(chunks, blocks));
  work.cache_bytes += 8.0 * chunks * Elements(spec, spec.sums());
  work.memory_bytes += kExchangedBytes * parts * Elements(spec, spec.sums());
  return work;
}

}  // namespace

std::string CanSplitDepth(const KernelSpec& spec, const Machine& machine) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  if (std::string reason = NeedsForward(problem); !reason.empty()) return reason;
  if (std::string reason = NeedsFlat(problem); !reason.empty()) return reason;
  return problem.columns < machine.lanes ? "its columns do not fill a vector" : "";
}

Work CostSplitDepth(const KernelSpec& spec, const Machine& machine) { return CostOfSplit(spec, machine, false); }

ScheduledKernel BuildSplitDepth(KernelBuilder& builder) { return BuildSplit(builder, false); }

std::string CanSplitDepthSparse(const KernelSpec& spec, const Machine& machine) {
  if (!spec.IsParameter(spec.operand(0))) return "its first operand is computed in the kernel";
  return CanSplitDepth(spec, machine);
}

Work CostSplitDepthSparse(const KernelSpec& spec, const Machine& machine) { return CostOfSplit(spec, machine, true); }

ScheduledKernel BuildSplitDepthSparse(KernelBuilder& builder) { return BuildSplit(builder, true); }

}  // namespace brine::codegen
