// conv_grad_filter: the filter gradient of a convolution, from the winners of the max-pool behind it.
//
// In memory the taps of a kernel's row times the channels are one run of floats, kw·C long, for every position: a winner adds its gradient
// times kh runs of x to its filter's sums.  A run is cut into vectors, the last one shifted inwards; as many of them as registers can hold
// stay there while a filter's winners of one image are walked.
#include <algorithm>

#include "codegen/templates/winners.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::RVar;
using Halide::Var;
using ir::Node;

constexpr int kShortestRun = 4;        // floats: half a vector on AVX2
constexpr int kFilterBlock = 16;       // filters of a task
constexpr int kWorthCompaction = 9;    // vectors a winner costs, above which winners without gradient are left out first

// How the sums of one filter lie in registers.
struct RunTile {
  int run, lanes, vectors;      // vectors: of a run
  int across, rows, filters;    // of a register tile: vectors, kernel rows, filters
};

RunTile ChooseRunTile(int run, int kernel_rows, int filters, const Machine& machine) {
  RunTile tile = {run, machine.lanes, 0, 1, 1, 1};
  while (tile.lanes > run) tile.lanes /= 2;
  tile.vectors = (run + tile.lanes - 1) / tile.lanes;
  const int most = machine.registers - 3;
  for (int across = 1; across <= tile.vectors; ++across) {
    if (tile.vectors % across == 0 && across <= most) tile.across = across;
  }
  for (int rows = 1; rows <= kernel_rows; ++rows) {
    if (tile.across == tile.vectors && kernel_rows % rows == 0 && rows * tile.across <= most) tile.rows = rows;
  }
  const int sums = tile.across * tile.rows;
  if (tile.vectors * kernel_rows == sums && 2 * sums <= most && filters % 2 == 0) tile.filters = 2;
  return tile;
}

}  // namespace

ScheduledKernel BuildConvGradFilter(const KernelRequest& request) {
  Frame frame(request);
  const Node& grad = *frame.Find(ir::kConv2DGradFilter);
  const Machine& machine = frame.machine();
  const ir::Shape& shape = frame.graph().type(grad.outputs[0]).shape;
  const int channels = static_cast<int>(shape[2]), run = static_cast<int>(shape[1]) * channels;
  Winners winners;
  if (!FindWinners(frame, grad, grad.inputs[1], &winners) || run < kShortestRun) return BuildGeneric(request);
  const Window window = MakeWindow(grad.attributes, shape[0], shape[1]);
  const int block = std::min(kFilterBlock, winners.filters);
  const int entry_bytes = block * 8;
  if (winners.columns * entry_bytes > 4 * kListBytes) return BuildGeneric(request);

  const Tensor image = frame.Bordered(*frame.Parameter(grad.inputs[0]), window);
  const RunTile tile = ChooseRunTile(run, window.size[0], winners.filters, machine);
  const bool compact = tile.vectors * window.size[0] >= kWorthCompaction;

  // A task: some filters over some images.  Within an image, the windows in chunks of whole rows.
  const int blocks = (winners.filters + block - 1) / block;
  const int most_parts = static_cast<int>((kTasks + blocks - 1) / blocks);
  const int batch = static_cast<int>(machine.batch_size), each = (batch + most_parts - 1) / most_parts, parts = (batch + each - 1) / each;
  const int chunk_rows = std::clamp(kListBytes / (winners.columns * entry_bytes), 1, winners.rows);
  const int chunks = (winners.rows + chunk_rows - 1) / chunk_rows, entries = chunk_rows * winners.columns;

  const Var s("s"), k("k"), of("of"), f("f"), chunk("chunk"), n("n"), l("l"), v("v"), a("a"), part("part");
  // Filter k of block `of`; behind the last one stands that one again, and is not used.
  const Expr filter = winners.filters % block == 0 ? of * block + k : Halide::min(of * block + k, winners.filters - 1);
  // Window s of a chunk: its winner's position in the picture, as y·width + x, and its gradient, 0 behind the last window.
  const int width = static_cast<int>(image.type.shape[2]);
  const auto row_of = [&](const Expr& at) { return chunk * chunk_rows + at / winners.columns; };
  const auto read = [&](const Tensor& tensor, const Expr& at) { return tensor({n, Halide::min(row_of(at), winners.rows - 1), at % winners.columns, filter}); };
  const auto position = [&](const Expr& at) {
    const Expr cell = Halide::cast<int>(read(winners.index, at));
    return (row_of(at) * winners.down + cell / winners.across) * width + at % winners.columns * winners.across + cell % winners.across;
  };
  const bool ragged = winners.rows % chunk_rows != 0;
  const auto gradient = [&](const Expr& at) { return ragged ? Halide::select(row_of(at) < winners.rows, read(winners.d, at), 0.0f) : read(winners.d, at); };

  Func place("place"), value("value"), live("live"), count("count"), list("list");
  place(k, s, of, chunk, n) = position(s);
  value(k, s, of, chunk, n) = gradient(s);
  live(k, s, of, chunk, n) = Halide::select(IsLive(value(k, s, of, chunk, n)), 1, 0);
  const RDom step(0, entries);
  Expr walk_place, walk_value;
  if (compact) {
    // Winner s goes to slot count(s), live or not: a dead one is overwritten by the next that is live.
    count(k, s, of, chunk, n) = 0;
    count(k, step + 1, of, chunk, n) = count(k, step, of, chunk, n) + live(k, step, of, chunk, n);
    list(s, k, of, chunk, n) = Halide::Tuple(Halide::undef<int>(), Halide::undef<float>());
    const Expr slot = Halide::unsafe_promise_clamped(count(k, step, of, chunk, n), 0, entries - 1);
    list(slot, k, of, chunk, n) = Halide::Tuple(place(k, step, of, chunk, n), value(k, step, of, chunk, n));
  }
  RDom r(0, entries, "r");
  if (compact) r.where(r < count(f % block, entries, f / block, chunk, n));  // becomes the loop's bound
  walk_place = compact ? Expr(list(r, f % block, f / block, chunk, n)[0]) : Expr(place(f % block, r, f / block, chunk, n));
  walk_value = compact ? Expr(list(r, f % block, f / block, chunk, n)[1]) : Expr(value(f % block, r, f / block, chunk, n));

  // Rows of a picture follow each other without a gap, and so do the pixels of a row: a place serves as a column of row 0, and a run passes
  // from one pixel's channels to the next one's.
  const Expr offset = Halide::min(v * tile.lanes, run - tile.lanes) + l;
  Func image_sum("image_sum"), sum("sum"), total("total");
  image_sum(l, v, a, f, chunk, n) = 0.0f;
  const Expr column = Halide::unsafe_promise_clamped(channels == 1 ? walk_place + offset : walk_place, 0, width - 1);
  const Expr channel = channels == 1 ? Expr(0) : Halide::unsafe_promise_clamped(offset, 0, channels - 1);
  image_sum(l, v, a, f, chunk, n) += walk_value * image({n, a, column, channel});
  sum(l, v, a, f, part) = 0.0f;
  RDom images(0, chunks, 0, each, "images");
  const Expr number = part * each + images.y;
  images.where(number < machine.rows);
  sum(l, v, a, f, part) += image_sum(l, v, a, f, images.x, Halide::min(number, machine.rows - 1));
  const RDom all(0, parts);
  total(l, v, a, f) = 0.0f;
  total(l, v, a, f) += sum(l, v, a, f, all);

  const Picture at = PictureAxes();  // n: kernel row, y: kernel column, x: channel, c: filter
  const Expr in_run = at.y * channels + at.x;
  const Expr vector = in_run / tile.lanes, start = Halide::min(vector * tile.lanes, run - tile.lanes);
  Func out = MakeFunc("out", Axes(4), {total(Halide::unsafe_promise_clamped(in_run - start, 0, tile.lanes - 1), vector, at.n, at.c)});
  frame.AddOutput(out, {grad.outputs[0]});

  for (const Node& node : frame.kernel().body) {
    if (node.op != &ir::kReduceSum) continue;
    LoopNest bias = frame.Lower(node, {winners.d});  // Σ dy = Σ d: each window gives its gradient to one pixel
    bias.output = true;
    frame.AddOutput(bias.func, {node.outputs[0]});
    Schedule(bias, machine);
  }

  // ---- schedule
  out.compute_root().bound(at.c, 0, winners.filters).bound(at.x, 0, channels).bound(at.y, 0, window.size[1]).bound(at.n, 0, window.size[0]);
  Var tap("tap");
  out.vectorize(at.c, std::min(machine.lanes, winners.filters), Halide::TailStrategy::GuardWithIf).fuse(at.n, at.y, tap).parallel(tap);
  total.compute_root().bound(l, 0, tile.lanes).bound(v, 0, tile.vectors).bound(a, 0, window.size[0]).bound(f, 0, winners.filters);
  total.vectorize(l).parallel(f, block, Halide::TailStrategy::GuardWithIf);
  total.update().reorder(l, v, a, all, f).vectorize(l).parallel(f, block, Halide::TailStrategy::GuardWithIf);

  Var fo("fo"), fi("fi"), ft("ft"), fu("fu"), vo("vo"), vi("vi"), ao("ao"), ai("ai"), task("task");
  sum.compute_root().bound(l, 0, tile.lanes).bound(v, 0, tile.vectors).bound(a, 0, window.size[0]).bound(f, 0, winners.filters).vectorize(l).parallel(part);
  sum.update()
      .split(f, fo, fi, block, Halide::TailStrategy::GuardWithIf)
      .split(fi, ft, fu, tile.filters)
      .split(v, vo, vi, tile.across)
      .split(a, ao, ai, tile.rows)
      .reorder(l, vi, ai, fu, vo, ao, ft, images.x, images.y, fo, part)
      .vectorize(l)
      .unroll(vi)
      .unroll(ai)
      .unroll(fu)
      .fuse(fo, part, task)
      .parallel(task);
  image_sum.compute_at(sum, vo).vectorize(l).unroll(v).unroll(a).unroll(f);
  image_sum.update().reorder(l, v, a, f, r).vectorize(l).unroll(v).unroll(a).unroll(f);
  const int vector_width = std::min(machine.lanes, block);
  place.compute_at(sum, images.x).bound_extent(k, block).vectorize(k, vector_width).store_in(kOnStack);
  value.compute_at(sum, images.x).bound_extent(k, block).vectorize(k, vector_width).store_in(kOnStack);
  if (compact) {
    count.compute_at(sum, images.x).bound_extent(k, block).vectorize(k, vector_width).store_in(kOnStack);
    count.update().reorder(k, step).vectorize(k, vector_width);
    list.compute_at(sum, images.x).bound_extent(k, block).store_in(kOnStack).update().reorder(k, step).unroll(k, vector_width);
  }
  return frame.Finish();
}

}  // namespace brine::codegen
