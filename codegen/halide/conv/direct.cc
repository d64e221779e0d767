#include "codegen/halide/conv/direct.h"

#include <algorithm>

#include "passes/regions.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

// Schedules the results and the sums, whose reduction is over `r`.
void ScheduleDirect(Func& out, Func& sum, const RDom& r, const ConvProblem& conv, const FilterVectors& vectors,
                    GroupImage& image, const LoopContext& context) {
  const ImageAxes axes = AxesOfImage();
  const int height = conv.rows / conv.pool_rows, width = conv.columns / conv.pool_columns, filters = conv.filters;
  BoundImage(out, height, width, filters, context.batch_extent);
  const Tile tile = ChooseTile(vectors.TileFilters(), width, context, conv.cells());
  const int vector = std::min(filters, context.lanes), filters_per_tile = vector * tile.vectors;
  Var column, c, block, pixel;
  out.split(axes.c, column, c, filters_per_tile, TailStrategy::ShiftInwards);
  out.split(axes.x, block, pixel, tile.rows, TailStrategy::ShiftInwards);
  // A column is the filters of a tile.  Its loop lies outside the loop over rows of the image, so that the weights of
  // the column stay in the first-level cache.
  out.reorder(c, pixel, block, axes.y, column, axes.n).vectorize(c, vector).unroll(c).unroll(pixel);
  std::vector<Loop> loops = {{axes.n, context.batch_size},
                             {column, CeilDiv(filters, filters_per_tile)},
                             {axes.y, height},
                             {block, CeilDiv(width, tile.rows)}};
  if (image.is_copied_in_task()) loops.resize(2);  // a copy serves all rows
  const ParallelLoop parallel = ParallelizeOuterLoops(out, loops, context);
  sum.compute_at(out, parallel.LoopAfterFusion(block))
      .vectorize(axes.c, vector)
      .unroll(axes.c)
      .unroll(axes.x)
      .unroll(axes.y);
  sum.update()
      .reorder(axes.c, axes.x, axes.y, r.x, r.y, r.z)
      .vectorize(axes.c, vector)
      .unroll(axes.c)
      .unroll(axes.x)
      .unroll(axes.y);
  if (vectors.are_shared()) sum.update().reorder(r.y, r.x).unroll(r.y);  // see ChunkSum::Schedule
  image.Schedule(out, parallel.LoopAfterFusion(column));
}

}  // namespace

std::string CanDirect(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsFilledVectors(FilterVectorsOf(conv, machine)); !reason.empty()) return reason;
  if (conv.cells() > passes::kMaxPoolCells) return "windows of its pool have more than nine cells";
  if (conv.rows < conv.pool_rows || conv.columns < conv.pool_columns) return "its pool has no windows";
  return "";
}

Work CostDirect(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const FilterVectors vectors = FilterVectorsOf(conv, machine);
  Work work = CommonWork(spec);
  work.products = conv.products();
  work.tile_utilization = vectors.LaneUtilization(machine);
  work.elementwise_operations /= work.tile_utilization;  // the epilogue has the same lanes
  AddPrologueWork(spec, work);
  work.elementwise_operations += vectors.OperandOperations(work.products, TapsOfPixel(conv.window));
  return work;
}

ScheduledKernel BuildDirect(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const ConvProblem conv = ConvProblemOf(spec);
  const FilterVectors vectors = FilterVectorsOf(conv, builder.context());
  const LoopContext context = vectors.InContext(builder.context());
  const Window& window = conv.window;
  GroupImage image(builder, builder.Read(spec.operand(0)), window.before, conv.BorderedSize(), vectors);
  const Tensor w = builder.Read(spec.operand(1));
  const ImageAxes axes = AxesOfImage();
  const RDom r(0, vectors.channels, 0, window.size[1], 0, window.size[0], "r");

  // If the epilogue begins with an addition, the sums begin with the addend instead of 0.
  const bool has_addend = spec.addend != ir::kNoValue;
  const Tensor* const addend = has_addend ? builder.Parameter(spec.addend) : nullptr;
  Func sum("conv");
  sum(axes.c, axes.x, axes.y, axes.n) =
      has_addend ? (*addend)(BroadcastIndex(addend->type, ToIndex(Axes(4)))) : Expr(0.0f);
  sum(axes.c, axes.x, axes.y, axes.n) +=
      w({r.z, r.y, r.x, axes.c}) * vectors.Operand(axes.c, r.x, [&](const Expr& channel) {
        return image.tensor()({axes.n, axes.y * window.stride[0] + r.z * window.dilation[0],
                               axes.x * window.stride[1] + r.y * window.dilation[1], channel});
      });
  Func out = MakeFunc(
      "out", Axes(4),
      builder.LowerEpilogue(ToIndex(Axes(4)), has_addend ? spec.with_addend : spec.sums(), [&](int row, int column) {
        return Expr(sum(axes.c, axes.x * conv.pool_columns + column, axes.y * conv.pool_rows + row, axes.n));
      }));
  builder.AddOutput(out, spec.results);
  ScheduleDirect(out, sum, r, conv, vectors, image, context);
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
  AddPrologueWork(spec, work);
  work.products = conv.products();
  // A sum over few channels is short, so more of its time goes into beginning and storing it.
  work.tile_utilization = conv.channels >= machine.lanes ? 0.85 : 0.7;
  work.elementwise_operations += ElementCount(spec, spec.sums());  // the epilogue loads the sums again
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
      [&](const Expr& tap_row, const Expr& tap_column, const Expr& channel, const Expr& filter) {
        return w({tap_row, tap_column, channel, filter});
      },
      context);
  const FilterVectors vectors = FilterVectorsOf(conv, context);
  const ConvChunk conv_chunk = ChooseChunk(vectors, height, width, 1, context);
  const Tile tile = conv_chunk.tile;
  const int chunk_rows = conv_chunk.rows, filters_per_tile = context.lanes * tile.vectors;
  const RDom r(0, conv.channels, 0, window.size[1], 0, window.size[0], "r");
  ChunkSum chunk_sum(r, [&](const Var& filter, const Var& pixel, const Var& chunk, const Var& n) {
    return weights(r.z, r.y, r.x, filter) *
           image({n, (chunk * chunk_rows + pixel / width) * window.stride[0] + r.z * window.dilation[0],
                  pixel % width * window.stride[1] + r.y * window.dilation[1], r.x});
  });
  const ImageAxes axes = AxesOfImage();
  const Expr sum = chunk_sum.sums(axes.c, axes.y % chunk_rows * width + axes.x, axes.y / chunk_rows, axes.n);
  Func out = MakeFunc("out", Axes(4), builder.LowerEpilogue(spec.sums(), sum));
  builder.AddOutput(out, spec.results);

  Var chunk, y, block, c;
  BoundImage(out, height, width, filters, context.batch_extent);
  out.split(axes.y, chunk, y, chunk_rows).split(axes.c, block, c, filters_per_tile, TailStrategy::ShiftInwards);
  out.reorder(c, axes.x, y, chunk, block, axes.n).vectorize(c, context.lanes).unroll(c);
  const std::vector<Loop> loops = {
      {axes.n, context.batch_size}, {block, CeilDiv(filters, filters_per_tile)}, {chunk, height / chunk_rows}};
  const ParallelLoop parallel = ParallelizeOuterLoops(out, loops, context);
  chunk_sum.Schedule(out, parallel.LoopAfterFusion(chunk), tile, chunk_rows * width, vectors, context);
  return builder.Finish();
}

PackedWeights::PackedWeights(int tap_rows, int tap_columns, int channels, int filters, const Weight& weight,
                             const LoopContext& context)
    : lanes_(context.lanes), tasks_(context.tasks) {
  const Var lane("lane"), channel("channel"), tap_column("tap_column"), tap_row("tap_row"), vector("vector");
  packed_(lane, channel, tap_column, tap_row, vector) = weight(tap_row, tap_column, channel, vector * lanes_ + lane);
  packed_.compute_root()
      .bound(lane, 0, lanes_)
      .bound(channel, 0, channels)
      .bound(tap_column, 0, tap_columns)
      .bound(tap_row, 0, tap_rows)
      .bound(vector, 0, filters / lanes_);
  Var task;
  packed_.vectorize(lane)
      .fuse(tap_row, vector, task)
      .parallel(task, std::max(1, tap_rows * filters / lanes_ / tasks_), TailStrategy::GuardWithIf);
}

Expr PackedWeights::operator()(const Expr& tap_row, const Expr& tap_column, const Expr& channel,
                               const Expr& filter) const {
  return packed_(filter % lanes_, channel, tap_column, tap_row, filter / lanes_);
}

ChunkSum::ChunkSum(const RDom& domain, const Product& product) : domain(domain) {
  const Var filter("filter"), pixel("pixel"), chunk("chunk"), n("n");
  tile_sum(filter, pixel, chunk, n) = 0.0f;
  tile_sum(filter, pixel, chunk, n) += product(filter, pixel, chunk, n);
  sums(filter, pixel, chunk, n) = tile_sum(filter, pixel, chunk, n);
}

void ChunkSum::Schedule(Func& reader, const Var& loop, const Tile& tile, int pixels, const FilterVectors& vectors,
                        const LoopContext& context) {
  const Var filter = sums.args()[0], pixel = sums.args()[1];  // tile_sum has the same arguments
  Var tile_index, tile_pixel;
  sums.compute_at(reader, loop)
      .store_in(kOnStack)
      .bound_extent(filter, context.lanes * tile.vectors)
      .bound(pixel, 0, pixels);
  sums.split(pixel, tile_index, tile_pixel, tile.rows)
      .reorder(filter, tile_pixel, tile_index)
      .vectorize(filter, context.lanes)
      .unroll(filter)
      .unroll(tile_pixel);
  tile_sum.compute_at(sums, tile_index).vectorize(filter, context.lanes).unroll(filter).unroll(pixel);
  tile_sum.update()
      .reorder(filter, pixel, domain.x, domain.y, domain.z)
      .vectorize(filter, context.lanes)
      .unroll(filter)
      .unroll(pixel);
  // The taps of a row use the same vectors of channels.
  if (vectors.are_shared()) tile_sum.update().reorder(domain.y, domain.x).unroll(domain.y);
}

ConvChunk ChooseChunk(const FilterVectors& vectors, int rows, int columns, int sums_per_pixel,
                      const LoopContext& context) {
  const auto choose_tile = [&](int chunk_rows) {
    return ChooseTile(vectors.TileFilters(), int64_t{chunk_rows} * columns, context);
  };
  const int filters_per_tile = context.lanes * choose_tile(rows).vectors;
  const int64_t row_bytes = int64_t{sums_per_pixel} * columns * filters_per_tile * 4;
  // The tasks for each chunk of an image: one for each image of the batch and each block of filters.
  const int64_t tasks_per_chunk = context.batch_size * CeilDiv(vectors.groups * vectors.filters, filters_per_tile);
  int best = 1;
  for (int chunk_rows = 2; chunk_rows <= rows; ++chunk_rows) {
    if (rows % chunk_rows == 0 && chunk_rows * row_bytes <= context.l1_bytes &&
        tasks_per_chunk * (rows / chunk_rows) >= context.tasks)
      best = chunk_rows;
  }
  return {choose_tile(best), best};
}

}  // namespace brine::codegen
