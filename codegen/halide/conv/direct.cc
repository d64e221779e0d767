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
  const ImageAxes at = AxesOfImage();
  const RDom r(0, conv.channels, 0, window.size[1], 0, window.size[0], "r");

  // The sums begin with the addend, if there is one.
  const bool begins = spec.addend != ir::kNoValue;
  const Tensor* const addend = begins ? builder.Parameter(spec.addend) : nullptr;
  Func sum("conv");
  sum(at.c, at.x, at.y, at.n) = begins ? (*addend)(Broadcast(addend->type, ToIndex(Axes(4)))) : Expr(0.0f);
  sum(at.c, at.x, at.y, at.n) +=
      w({r.z, r.y, r.x, at.c}) * image({at.n, at.y * window.stride[0] + r.z * window.dilation[0],
                                        at.x * window.stride[1] + r.y * window.dilation[1], r.x});
  Func out =
      MakeFunc("out", Axes(4),
               builder.Results(ToIndex(Axes(4)), begins ? spec.with_addend : spec.sums(), [&](int row, int column) {
                 return Expr(sum(at.c, at.x * conv.pool_columns + column, at.y * conv.pool_rows + row, at.n));
               }));
  builder.AddOutput(out, spec.results);

  const int height = conv.rows / conv.pool_rows, width = conv.columns / conv.pool_columns, filters = conv.filters;
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, context.rows);
  const Tile tile = ChooseTile(filters, width, context, conv.cells());
  const int vector = std::min(filters, context.lanes), across = vector * tile.vectors;
  Var column, c, block, pixel;
  out.split(at.c, column, c, across, TailStrategy::ShiftInwards);
  out.split(at.x, block, pixel, tile.rows, TailStrategy::ShiftInwards);
  // The loop over columns lies outside the loop over rows, so that a column's weights stay in the first-level cache.
  out.reorder(c, pixel, block, at.y, column, at.n).vectorize(c, vector).unroll(c).unroll(pixel);
  const std::vector<Loop> loops = {{at.n, context.batch_size},
                                   {column, CeilDiv(filters, across)},
                                   {at.y, height},
                                   {block, CeilDiv(width, tile.rows)}};
  const Task task = Parallel(out, loops);
  sum.compute_at(out, task.At(loops, 3)).vectorize(at.c, vector).unroll(at.c).unroll(at.x).unroll(at.y);
  sum.update().reorder(at.c, at.x, at.y, r.x, r.y, r.z).vectorize(at.c, vector).unroll(at.c).unroll(at.x).unroll(at.y);
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
  const ImageAxes at = AxesOfImage();
  const Expr sum = sums.all(at.c, at.y % lines * width + at.x, at.y / lines, at.n);
  Func out = MakeFunc("out", Axes(4), builder.ResultsAt(spec.sums(), sum));
  builder.AddOutput(out, spec.results);

  Var chunk, y, block, c;
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, context.rows);
  out.split(at.y, chunk, y, lines).split(at.c, block, c, across, TailStrategy::ShiftInwards);
  out.reorder(c, at.x, y, chunk, block, at.n).vectorize(c, context.lanes).unroll(c);
  const std::vector<Loop> loops = {
      {at.n, context.batch_size}, {block, CeilDiv(filters, across)}, {chunk, height / lines}};
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

void ChunkSum::Schedule(Func& reader, const Var& at, const Tile& tile, int pixels, const LoopContext& context) {
  const Var f = all.args()[0], p = all.args()[1];  // sum has the same arguments
  Var first, i;
  all.compute_at(reader, at).store_in(kOnStack).bound_extent(f, context.lanes * tile.vectors).bound(p, 0, pixels);
  all.split(p, first, i, tile.rows).reorder(f, i, first).vectorize(f, context.lanes).unroll(f).unroll(i);
  sum.compute_at(all, first).vectorize(f, context.lanes).unroll(f).unroll(p);
  sum.update().reorder(f, p, r.x, r.y, r.z).vectorize(f, context.lanes).unroll(f).unroll(p);
}

ConvChunk ChooseChunk(int filters, int lines, int width, int sums, const LoopContext& context) {
  const auto choose = [&](int each) { return ChooseTile(filters, int64_t{each} * width, context); };
  const int across = context.lanes * choose(lines).vectors;
  const int64_t line_bytes = int64_t{sums} * width * across * 4, tasks = context.batch_size * CeilDiv(filters, across);
  int best = 1;
  for (int each = 2; each <= lines; ++each) {
    if (lines % each == 0 && each * line_bytes <= context.l1_bytes && tasks * (lines / each) >= kTasks) best = each;
  }
  return {choose(best), best};
}

}  // namespace brine::codegen
