#include "codegen/halide/conv/winograd_rows.h"

#include <algorithm>

#include "codegen/halide/conv/winograd.h"
#include "codegen/halide/conv/winograd_transforms.h"
#include "ir/op.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kRowTaps = 3, kRowTile = 4, kRowPoints = kRowTile + kRowTaps - 1;  // of a tile along a row
constexpr int kMaxChannels = 8;
constexpr int kTileLines = 2;                 // of a tile: each transformed weight serves as many sums
constexpr int64_t kMaxRowsBytes = 128 << 10;  // of the rows of one tile, on the task's stack

// Vectors of filters whose sums are in registers at once, beside those of weights and a pixel.
int VectorsOfRows(int filters, const Machine& machine) {
  int vectors = (machine.registers - 1) / (kTileLines * kRowPoints + 1);
  while (vectors > 1 && filters % (vectors * machine.lanes) != 0) --vectors;
  return vectors;
}

// Rows and columns of sums; those past the last window of the pool are not needed.
struct RowSums {
  int height, width;
};
RowSums RowSumsOf(const ConvProblem& conv) {
  return {conv.rows / conv.pool_rows * conv.pool_rows, conv.columns / conv.pool_columns * conv.pool_columns};
}

// Whether the epilogue reads operands that differ between pixels; if so, results are computed tile by tile.
bool ReadsPixels(const KernelSpec& spec) {
  for (const std::vector<const ir::Node*>* steps : {&spec.epilogue, &spec.pooled_epilogue}) {
    for (const ir::Node* node : *steps) {
      if (node->op->kind == ir::OpKind::kRandom) return true;
    }
  }
  return false;
}

}  // namespace

std::string CanWinogradRows(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsWinogradKernel(conv); !reason.empty()) return reason;
  if (conv.pooled() && (conv.pool_rows != 2 || conv.pool_columns != 2)) return "windows of its pool are not 2×2";
  if (conv.channels > kMaxChannels) return "it has more than eight channels, over which its rounding exceeds the bound";
  if (conv.filters % machine.lanes != 0) return "its filters do not fill vectors";
  if (VectorsOfRows(conv.filters, machine) < 1) return "the sums of a tile exceed the registers";
  const RowSums sums = RowSumsOf(conv);
  // Otherwise tasks that overlap would run different code for a line.
  if (sums.height == 0 || sums.height % kTileLines != 0) return "its lines are odd in number";
  // A shorter run than a vector would be read beyond the image's end.
  if ((sums.width - kRowTile + 1) * conv.channels < machine.lanes) return "a row of the image is shorter than a vector";
  if (int64_t{sums.width} * conv.channels * kRowPoints * 4 * (kTileLines + kRowTaps - 1) > kMaxRowsBytes)
    return "rows of a tile do not fit a task's stack";
  if (ReadsPixels(spec)) return "its epilogue draws random numbers";
  return "";
}

Work CostWinogradRows(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const RowSums sums = RowSumsOf(conv);
  const double tiles = double{1} * conv.batch * sums.height * CeilDiv(sums.width, kRowTile);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  work.products = tiles * kRowTaps * kRowPoints * conv.channels * conv.filters;
  // With one vector of filters, a sum waits for its operands.
  if (VectorsOfRows(conv.filters, machine) < 2) work.tile_utilization = 0.5;
  work.elementwise += tiles * kRowPoints * (6.0 * conv.channels + 4.0 * conv.filters);
  return work;
}

ScheduledKernel BuildWinogradRows(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const ConvProblem conv = ConvProblemOf(spec);
  const Tensor image = builder.Bordered(builder.Read(spec.operand(0)), conv.window), w = builder.Read(spec.operand(1));
  const Tensor image_rows = RowsOf(image);
  const auto weight = [&](int a, int b, const Expr& c, const Expr& f) { return w({a, b, c, f}); };
  const int window = conv.pool_rows, filters = conv.filters, channels = conv.channels;
  const int height = conv.rows / window, width = conv.columns / window,
            image_width = static_cast<int>(image.type.shape[2]);
  const int across = context.lanes * VectorsOfRows(filters, context);
  const int each = kRowTile / window, lines = kTileLines / window;  // of a tile's results
  const Transforms transforms = MakeTransforms(kRowTile, kRowTaps);
  const ImageAxes at = AxesOfImage();
  const Var p("p"), e("e"), k("k"), a("a"), d("d"), block("block");

  Func weights("weights"), rows("rows"), sum("sum");
  weights(k, e, d, a, block) =
      Halide::mux(a, Each(kRowTaps, [&](int tap) {
                    return Transform(transforms.filter, kRowPoints, e,
                                     Each(kRowTaps, [&](int b) { return weight(tap, b, d, block * across + k); }));
                  }));
  // Of a row of the image, whose pixels' channels follow each other without a gap: a tile may begin at any pixel.
  rows(p, e, at.y, at.n) = Transform(transforms.input, kRowPoints, e, Each(kRowPoints, [&](int b) {
                                       return image_rows({at.n, at.y, p + b * channels});
                                     }));
  // Here at.n counts tiles, through the images' columns of them, the last of which is shifted inwards; and at.x
  // counts the results of a tile.
  const int columns = CeilDiv(width, each);
  const RDom r(0, channels, 0, kRowTaps, "r");
  const Expr first = Halide::min(at.n % columns * kRowTile, width * window - kRowTile) * channels;
  sum(at.c, e, at.y, at.n) = 0.0f;
  sum(at.c, e, at.y, at.n) +=
      weights(at.c % across, e, r.x, r.y, at.c / across) * rows(first + r.x, e, at.y + r.y, at.n / columns);
  const Index pixel = {at.n / columns, at.y, Halide::min(at.n % columns * each, width - each) + at.x, at.c};
  const std::vector<Expr> values = builder.Results(pixel, [&](int dy, int dx) {
    return Transform(transforms.output, kRowTile, at.x * window + dx,
                     Each(kRowPoints, [&](int point) { return sum(at.c, point, at.y * window + dy, at.n); }));
  });
  Func tiles = MakeFunc("tiles", Axes(4), values);
  const Expr column_of_x = at.x / each, x_in_tile = at.x - Halide::min(column_of_x * each, width - each);
  std::vector<Expr> stored;
  for (size_t value = 0; value < values.size(); ++value) {
    const Halide::FuncRef element =
        tiles(at.c, Halide::unsafe_promise_clamped(x_in_tile, 0, each - 1), at.y, at.n * columns + column_of_x);
    stored.push_back(values.size() == 1 ? Expr(element) : element[static_cast<int>(value)]);
  }
  Func out = MakeFunc("out", Axes(4), stored);
  builder.AddOutput(out, spec.results);

  // Transformed rows of a chunk fill three quarters of a first-level cache, where images are narrow.
  const int rows_bytes = static_cast<int>(context.l1_bytes / 4 * 3);
  const int row_bytes = image_width * channels * kRowPoints * 4;
  int chunk_lines = std::clamp(rows_bytes / (row_bytes * window) / lines * lines, lines, height / lines * lines);
  // Where images and chunks become one loop, Halide does not see that a chunk which is shifted inwards has whole
  // pairs of lines.
  while (context.batch_size < kTasks && height % chunk_lines != 0) chunk_lines -= lines;
  Var column, x, chunk, pair, y, group, c;
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, context.rows);
  out.split(at.c, group, c, across).split(at.x, column, x, each, TailStrategy::GuardWithIf);
  out.split(at.y, chunk, y, chunk_lines, TailStrategy::ShiftInwards).split(y, pair, y, lines);
  out.reorder(c, x, y, column, pair, group, chunk, at.n).vectorize(c, context.lanes).unroll(c).unroll(y);
  const std::vector<Loop> loops = {{at.n, context.batch_size}, {chunk, CeilDiv(height, chunk_lines)}};
  const Task task = Parallel(out, loops);
  rows.compute_at(out, task.At(loops, 1))
      .store_in(kOnStack)
      .bound_extent(e, kRowPoints)
      .reorder(e, p, at.y)
      .vectorize(p, context.lanes, TailStrategy::ShiftInwards)
      .unroll(e);
  tiles.compute_at(out, column).bound_extent(at.c, across).bound(at.x, 0, each);
  tiles.vectorize(at.c, context.lanes).unroll(at.c).unroll(at.x).unroll(at.y);
  sum.compute_at(out, column).bound_extent(at.c, across).bound_extent(e, kRowPoints);
  sum.vectorize(at.c, context.lanes).unroll(at.c).unroll(e).unroll(at.y);
  sum.update().reorder(at.c, e, at.y, r.x, r.y).vectorize(at.c, context.lanes).unroll(at.c).unroll(e).unroll(at.y);
  weights.compute_root()
      .bound(k, 0, across)
      .bound(e, 0, kRowPoints)
      .bound(d, 0, channels)
      .bound(a, 0, kRowTaps)
      .bound(block, 0, filters / across);
  weights.vectorize(k, context.lanes).unroll(e).unroll(a);
  return builder.Finish();
}

}  // namespace brine::codegen
