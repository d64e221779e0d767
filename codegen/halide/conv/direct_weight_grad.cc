#include "codegen/halide/conv/direct_weight_grad.h"

#include <algorithm>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/split_sum.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kPixels = 64;  // whose products a tile sums each time it loads and stores the part's sum
constexpr int kShortestRun = 4;

int KernelRowOf(const ConvProblem& conv) { return conv.window.size[1] * conv.channels; }

}  // namespace

std::string CanDirectWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsOneGroup(conv); !reason.empty()) return reason;
  if (conv.window.dilation[1] != 1) return "the taps of a row of its kernel are dilated";
  if (conv.filters < machine.lanes) return "its filters do not fill a vector";
  if (KernelRowOf(conv) < kShortestRun) return "a row of its kernel has fewer than four taps";
  return "";
}

Work CostDirectWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  work.products = conv.products();
  const double lanes = CeilDiv(conv.filters, machine.lanes) * machine.lanes;
  work.tile_utilization = 0.7 * conv.filters / lanes;
  // Sums are loaded and stored once for each tile of pixels.
  work.cache_bytes = 8 * work.products / kPixels;
  return work;
}

ScheduledKernel BuildDirectWeightGrad(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const ConvProblem conv = ConvProblemOf(spec);
  const Window& window = conv.window;
  const int channels = conv.channels, filters = conv.filters, run = KernelRowOf(conv);
  const int64_t largest_part = 8 * context.l1_bytes;  // bytes of a part's sums
  const Tensor image = builder.Bordered(builder.Read(spec.operand(0)), window), dy = builder.TrimmedImage(1);
  const Tensor image_rows = RowsOf(image);
  const int height = static_cast<int>(dy.type.shape[1]), width = static_cast<int>(dy.type.shape[2]);
  const int block = std::clamp(kPixels / width, 1, height), blocks = (height + block - 1) / block;
  const Tile size = ChooseTile(filters, run, context);
  const int across = context.lanes * size.vectors, columns = (filters + across - 1) / across,
            lines = (run + size.rows - 1) / size.rows;
  // Tasks are parts of the batch, or, where their sums would overflow the caches, lines of tiles over the whole
  // batch.
  const bool large = int64_t{window.size[0]} * run * filters * 4 > largest_part;
  const int batch = static_cast<int>(context.batch_size), most_parts = large ? 1 : kMaxParts;
  const int each = (batch + most_parts - 1) / most_parts, parts = (batch + each - 1) / each;
  const int chunk = large ? (lines + static_cast<int>(kTasks) - 1) / static_cast<int>(kTasks) : lines;
  const Var f("f"), t("t"), fo("fo"), to("to"), a("a"), y("y"), n("n"), part("part");
  // The last tiles are shifted inwards: what two tiles hold is the same.
  const Expr filter = Halide::min(fo * across, filters - across) + f,
             element = Halide::min(to * size.rows, run - size.rows) + t;

  RDom r(0, width, 0, block, "r");
  const Expr row = y * block + r.y;
  if (height % block != 0) r.where(row < height);
  const Expr at = height % block != 0 ? Halide::min(row, height - 1) : row;
  // A run passes from one pixel's channels to the next one's: in memory they follow each other.
  const Expr in_row = r.x * (window.stride[1] * channels) + element;
  Func tile("tile"), part_sum("part_sum"), total("total");
  Tensor gradient = dy;
  const bool stored = builder.IsStored(spec.operand(1));
  if (!stored) gradient.func = MakeFunc("rows", Axes(4), {dy(ToIndex(Axes(4)))});
  tile(f, t, fo, to, a, y, n) = 0.0f;
  tile(f, t, fo, to, a, y, n) +=
      image_rows({n, at * window.stride[0] + a * window.dilation[0], in_row}) * gradient({n, at, r.x, filter});
  RDom images(0, blocks, 0, each, "images");
  const Expr number = part * each + images.y;
  images.where(number < context.rows);
  AddPieces(part_sum, {f, t, fo, to, a, part}, images.x == 0 && images.y == 0,
            tile(f, t, fo, to, a, images.x, Halide::min(number, context.rows - 1)));
  total(f, t, fo, to, a) = AddParts(part_sum, {f, t, fo, to, a}, parts, each, context.rows);
  const Var c = Axis(1), b = Axis(2);
  const Expr in_run = b * channels + c, tile_x = Axis(0) / across, tile_y = in_run / size.rows;
  const Expr x_in_tile = Axis(0) - Halide::min(tile_x * across, filters - across),
             y_in_tile = in_run - Halide::min(tile_y * size.rows, run - size.rows);
  const Expr sum = total(Halide::unsafe_promise_clamped(x_in_tile, 0, across - 1),
                         Halide::unsafe_promise_clamped(y_in_tile, 0, size.rows - 1), tile_x, tile_y, Axis(3));
  Func out = MakeFunc("out", Axes(4), builder.ResultsAt(spec.sums(), sum));
  builder.AddOutput(out, spec.results);

  if (!stored) gradient.func.compute_at(part_sum, images.x).store_in(kOnStack).vectorize(Axis(0), context.lanes);
  for (Func* func : {&total, &part_sum}) {
    func->compute_root()
        .bound(f, 0, across)
        .bound(t, 0, size.rows)
        .bound(fo, 0, columns)
        .bound(to, 0, lines)
        .bound(a, 0, window.size[0]);
  }
  Var chunks, task;
  part_sum.update()
      .split(to, chunks, to, chunk, TailStrategy::GuardWithIf)
      .reorder(f, t, fo, to, a, images.x, images.y, chunks, part);
  part_sum.update().vectorize(f, context.lanes).unroll(f).unroll(t).fuse(chunks, part, task).parallel(task);
  tile.compute_at(part_sum, fo).vectorize(f, context.lanes).unroll(f).unroll(t);
  tile.update().reorder(f, t, r.x, r.y).vectorize(f, context.lanes).unroll(f).unroll(t);
  Var line;
  total.vectorize(f, context.lanes).fuse(to, a, line).parallel(line);
  out.compute_root()
      .bound(Axis(0), 0, filters)
      .bound(c, 0, channels)
      .bound(b, 0, window.size[1])
      .bound(Axis(3), 0, window.size[0]);
  out.vectorize(Axis(0), context.lanes, TailStrategy::GuardWithIf).fuse(Axis(3), b, line).parallel(line);
  return builder.Finish();
}

}  // namespace brine::codegen
