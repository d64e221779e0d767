#include "codegen/halide/conv/direct.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kMaxPoolCells = 9;  // cells of a window; their comparisons are unrolled

// The share of lanes that hold filters.
double LanesFull(int filters, const Machine& machine) {
  return double{1} * filters / (CeilDiv(filters, machine.lanes) * machine.lanes);
}

}  // namespace

std::string CanDirect(const KernelSpec& spec, const Machine&) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsOneGroup(conv); !reason.empty()) return reason;
  if (conv.cells() > kMaxPoolCells) return "windows of its pool have more than nine cells";
  if (conv.rows < conv.pool_rows || conv.columns < conv.pool_columns) return "its pool has no windows";
  return "";
}

Work CostDirect(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  work.products = conv.products();
  work.tile_utilization = 0.9 * LanesFull(conv.filters, machine);
  return work;
}

ScheduledKernel BuildDirect(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const ConvProblem conv = ConvProblemOf(spec);
  const Window& window = conv.window;
  const Tensor image = builder.Bordered(builder.Read(spec.operand(0)), window), w = builder.Read(spec.operand(1));
  const ImageAxes axes = AxesOfImage();
  const RDom r(0, conv.channels, 0, window.size[1], 0, window.size[0], "r");

  // The sums begin with the addend, if there is one.
  const bool begins = spec.addend != ir::kNoValue;
  const Tensor* const addend = begins ? builder.Parameter(spec.addend) : nullptr;
  Func sum("conv");
  sum(axes.c, axes.x, axes.y, axes.n) = begins ? (*addend)(Broadcast(addend->type, ToIndex(Axes(4)))) : Expr(0.0f);
  sum(axes.c, axes.x, axes.y, axes.n) +=
      w({r.z, r.y, r.x, axes.c}) * image({axes.n, axes.y * window.stride[0] + r.z * window.dilation[0],
                                          axes.x * window.stride[1] + r.y * window.dilation[1], r.x});
  Func out = MakeFunc(
      "out", Axes(4),
      builder.LowerEpilogue(ToIndex(Axes(4)), begins ? spec.with_addend : spec.sums(), [&](int row, int column) {
        return Expr(sum(axes.c, axes.x * conv.pool_columns + column, axes.y * conv.pool_rows + row, axes.n));
      }));
  builder.AddOutput(out, spec.results);

  const int height = conv.rows / conv.pool_rows, width = conv.columns / conv.pool_columns, filters = conv.filters;
  out.bound(axes.c, 0, filters).bound(axes.x, 0, width).bound(axes.y, 0, height).bound(axes.n, 0, context.rows);
  const Tile tile = ChooseTile(filters, width, context, conv.cells());
  const int vector = std::min(filters, context.lanes), across = vector * tile.vectors;
  Var column, c, block, pixel;
  out.split(axes.c, column, c, across, TailStrategy::ShiftInwards);
  out.split(axes.x, block, pixel, tile.rows, TailStrategy::ShiftInwards);
  // The loop over columns lies outside the loop over rows, so that a column's weights stay in the first-level cache.
  out.reorder(c, pixel, block, axes.y, column, axes.n).vectorize(c, vector).unroll(c).unroll(pixel);
  const std::vector<Loop> loops = {{axes.n, context.batch_size},
                                   {column, CeilDiv(filters, across)},
                                   {axes.y, height},
                                   {block, CeilDiv(width, tile.rows)}};
  const Task task = Parallel(out, loops);
  sum.compute_at(out, task.At(loops, 3)).vectorize(axes.c, vector).unroll(axes.c).unroll(axes.x).unroll(axes.y);
  sum.update()
      .reorder(axes.c, axes.x, axes.y, r.x, r.y, r.z)
      .vectorize(axes.c, vector)
      .unroll(axes.c)
      .unroll(axes.x)
      .unroll(axes.y);
  return builder.Finish();
}

std::string CanDirectPacked(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsOneGroup(conv); !reason.empty()) return reason;
  if (conv.filters % machine.lanes != 0) return "its filters do not fill vectors";
  return "";
}

Work CostDirectPacked(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  work.products = conv.products();
  // Sums over few channels are short, and each is stored and loaded once more.
  work.tile_utilization = conv.channels >= machine.lanes ? 0.95 : 0.7;
  work.elementwise += Elements(spec, spec.sums());
  return work;
}

ScheduledKernel BuildDirectPacked(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const ConvProblem conv = ConvProblemOf(spec);
  const Window& window = conv.window;
  const Tensor image = builder.Bordered(builder.Read(spec.operand(0)), window), w = builder.Read(spec.operand(1));
  const int height = conv.rows, width = conv.columns, filters = conv.filters;
  const PackedWeights weights(
      window.size[0], window.size[1], conv.channels, filters,
      [&](const Expr& a, const Expr& b, const Expr& c, const Expr& f) {
        return w({a, b, c, f});
      },
      context);
  const ConvChunk cut = ChooseChunk(filters, height, width, 1, context);
  const Tile tile = cut.tile;
  const int lines = cut.lines, across = context.lanes * tile.vectors;
  const RDom r(0, conv.channels, 0, window.size[1], 0, window.size[0], "r");
  ChunkSum sums(r, [&](const Var& f, const Var& p, const Var& chunk, const Var& n) {
    return weights(r.z, r.y, r.x, f) *
           image({n, (chunk * lines + p / width) * window.stride[0] + r.z * window.dilation[0],
                  p % width * window.stride[1] + r.y * window.dilation[1], r.x});
  });
  const ImageAxes axes = AxesOfImage();
  const Expr sum = sums.all(axes.c, axes.y % lines * width + axes.x, axes.y / lines, axes.n);
  Func out = MakeFunc("out", Axes(4), builder.LowerEpilogue(spec.sums(), sum));
  builder.AddOutput(out, spec.results);

  Var chunk, y, block, c;
  out.bound(axes.c, 0, filters).bound(axes.x, 0, width).bound(axes.y, 0, height).bound(axes.n, 0, context.rows);
  out.split(axes.y, chunk, y, lines).split(axes.c, block, c, across, TailStrategy::ShiftInwards);
  out.reorder(c, axes.x, y, chunk, block, axes.n).vectorize(c, context.lanes).unroll(c);
  const std::vector<Loop> loops = {
      {axes.n, context.batch_size}, {block, CeilDiv(filters, across)}, {chunk, height / lines}};
  const Task task = Parallel(out, loops);
  sums.Schedule(out, task.At(loops, 2), tile, lines * width, context);
  return builder.Finish();
}

PackedWeights::PackedWeights(int rows, int columns, int channels, int filters, const Weight& weight,
                             const LoopContext& context)
    : lanes_(context.lanes) {
  const Var l("l"), c("c"), b("b"), a("a"), v("v");
  packed_(l, c, b, a, v) = weight(a, b, c, v * lanes_ + l);
  packed_.compute_root()
      .bound(l, 0, lanes_)
      .bound(c, 0, channels)
      .bound(b, 0, columns)
      .bound(a, 0, rows)
      .bound(v, 0, filters / lanes_);
  Var task;
  packed_.vectorize(l)
      .fuse(a, v, task)
      .parallel(task, std::max(1, rows * filters / lanes_ / static_cast<int>(kTasks)), TailStrategy::GuardWithIf);
}

Expr PackedWeights::operator()(const Expr& a, const Expr& b, const Expr& c, const Expr& f) const {
  return packed_(f % lanes_, c, b, a, f / lanes_);
}

ChunkSum::ChunkSum(const RDom& domain, const Product& product) : r(domain) {
  const Var f("f"), p("p"), chunk("chunk"), n("n");
  sum(f, p, chunk, n) = 0.0f;
  sum(f, p, chunk, n) += product(f, p, chunk, n);
  all(f, p, chunk, n) = sum(f, p, chunk, n);
}

void ChunkSum::Schedule(Func& reader, const Var& loop, const Tile& tile, int pixels, const LoopContext& context) {
  const Var f = all.args()[0], p = all.args()[1];  // sum has the same arguments
  Var first, i;
  all.compute_at(reader, loop).store_in(kOnStack).bound_extent(f, context.lanes * tile.vectors).bound(p, 0, pixels);
  all.split(p, first, i, tile.rows).reorder(f, i, first).vectorize(f, context.lanes).unroll(f).unroll(i);
  sum.compute_at(all, first).vectorize(f, context.lanes).unroll(f).unroll(p);
  sum.update().reorder(f, p, r.x, r.y, r.z).vectorize(f, context.lanes).unroll(f).unroll(p);
}

ConvChunk ChooseChunk(int filters, int lines, int width, int sums, const LoopContext& context) {
  const auto choose = [&](int chunk_lines) { return ChooseTile(filters, int64_t{chunk_lines} * width, context); };
  const int across = context.lanes * choose(lines).vectors;
  const int64_t line_bytes = int64_t{sums} * width * across * 4, tasks = context.batch_size * CeilDiv(filters, across);
  int best = 1;
  for (int chunk = 2; chunk <= lines; ++chunk) {
    if (lines % chunk == 0 && chunk * line_bytes <= context.l1_bytes && tasks * (lines / chunk) >= kTasks) best = chunk;
  }
  return {choose(best), best};
}

}  // namespace brine::codegen
