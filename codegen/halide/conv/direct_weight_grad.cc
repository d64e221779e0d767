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

// How the sums are cut into tiles and tasks.
struct WeightGradPlan {
  int run;             // floats of a row of the kernel
  int block, blocks;   // rows of dy whose products a tile sums at once
  Tile tile;           // of filters by elements of a run
  int across;          // filters of a tile
  int columns, lines;  // of tiles: along the filters, along a run
  int each, parts;     // images of a part of the batch
  int chunk;           // lines of a task
};

// Tasks are parts of the batch, or, where their sums would overflow the caches, lines of tiles over the whole batch.
WeightGradPlan PlanWeightGrad(const ConvProblem& conv, const ir::Shape& dy, const LoopContext& context) {
  WeightGradPlan plan;
  plan.run = KernelRowOf(conv);
  const int height = static_cast<int>(dy[1]), width = static_cast<int>(dy[2]);
  plan.block = std::clamp(kPixels / width, 1, height), plan.blocks = CeilDiv(height, plan.block);
  plan.tile = ChooseTile(conv.filters, plan.run, context);
  plan.across = context.lanes * plan.tile.vectors;
  plan.columns = CeilDiv(conv.filters, plan.across), plan.lines = CeilDiv(plan.run, plan.tile.rows);
  const int64_t largest_part = 8 * context.l1_bytes;  // bytes of a part's sums
  const bool large = int64_t{conv.window.size[0]} * plan.run * conv.filters * 4 > largest_part;
  plan.each = CeilDiv(context.batch_size, large ? 1 : kMaxParts);
  plan.parts = CeilDiv(context.batch_size, plan.each);
  plan.chunk = large ? CeilDiv(plan.lines, kTasks) : plan.lines;
  return plan;
}

// The kernel while it is built.
class DirectWeightGrad {
 public:
  explicit DirectWeightGrad(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        conv_(ConvProblemOf(builder.spec())),
        image_(builder.Bordered(builder.Read(builder.spec().operand(0)), conv_.window)),
        dy_(builder.TrimmedImage(1)),
        image_rows_(RowsOf(image_)),
        height_(static_cast<int>(dy_.type.shape[1])),
        width_(static_cast<int>(dy_.type.shape[2])),
        plan_(PlanWeightGrad(conv_, dy_.type.shape, context_)),
        r_(0, width_, 0, plan_.block, "r"),
        stored_(builder.IsStored(builder.spec().operand(1))),
        gradient_(dy_) {}

  ScheduledKernel Build() {
    DefineTile();
    DefineParts();
    Func out = DefineResults();
    ScheduleSums();
    ScheduleResults(out);
    return builder_.Finish();
  }

 private:
  // The sums of a tile over a block of rows of dy.
  void DefineTile() {
    // The last tiles are shifted inwards: what two tiles hold is the same.
    const Expr filter = Halide::min(fo_ * plan_.across, conv_.filters - plan_.across) + f_,
               element = Halide::min(to_ * plan_.tile.rows, plan_.run - plan_.tile.rows) + t_;
    const bool ragged = height_ % plan_.block != 0;  // the last block is shorter
    const Expr row = y_ * plan_.block + r_.y;
    if (ragged) r_.where(row < height_);
    const Expr at = ragged ? Halide::min(row, height_ - 1) : row;
    // A run passes from one pixel's channels to the next one's: in memory they follow each other.
    const Window& window = conv_.window;
    const Expr in_row = r_.x * (window.stride[1] * conv_.channels) + element;
    if (!stored_) gradient_.func = MakeFunc("rows", Axes(4), {dy_(ToIndex(Axes(4)))});
    tile_(f_, t_, fo_, to_, a_, y_, n_) = 0.0f;
    tile_(f_, t_, fo_, to_, a_, y_, n_) +=
        image_rows_({n_, at * window.stride[0] + a_ * window.dilation[0], in_row}) * gradient_({n_, at, r_.x, filter});
  }

  void DefineParts() {
    images_ = RDom(0, plan_.blocks, 0, plan_.each, "images");
    const Expr number = part_ * plan_.each + images_.y;
    images_.where(number < context_.rows);
    AddPieces(part_sum_, {f_, t_, fo_, to_, a_, part_}, images_.x == 0 && images_.y == 0,
              tile_(f_, t_, fo_, to_, a_, images_.x, Halide::min(number, context_.rows - 1)));
    total_(f_, t_, fo_, to_, a_) = AddParts(part_sum_, {f_, t_, fo_, to_, a_}, plan_.parts, plan_.each, context_.rows);
  }

  Func DefineResults() {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const int across = plan_.across, rows = plan_.tile.rows;
    const Expr in_run = b * conv_.channels + c, tile_x = f / across, tile_y = in_run / rows;
    const Expr x_in_tile = f - Halide::min(tile_x * across, conv_.filters - across),
               y_in_tile = in_run - Halide::min(tile_y * rows, plan_.run - rows);
    const Expr sum = total_(Halide::unsafe_promise_clamped(x_in_tile, 0, across - 1),
                            Halide::unsafe_promise_clamped(y_in_tile, 0, rows - 1), tile_x, tile_y, a);
    Func out = MakeFunc("out", Axes(4), builder_.ResultsAt(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void ScheduleSums() {
    const int lanes = context_.lanes;
    if (!stored_) gradient_.func.compute_at(part_sum_, images_.x).store_in(kOnStack).vectorize(Axis(0), lanes);
    for (Func* func : {&total_, &part_sum_}) {
      func->compute_root()
          .bound(f_, 0, plan_.across)
          .bound(t_, 0, plan_.tile.rows)
          .bound(fo_, 0, plan_.columns)
          .bound(to_, 0, plan_.lines)
          .bound(a_, 0, conv_.window.size[0]);
    }
    Var chunks, task, line;
    part_sum_.update()
        .split(to_, chunks, to_, plan_.chunk, TailStrategy::GuardWithIf)
        .reorder(f_, t_, fo_, to_, a_, images_.x, images_.y, chunks, part_);
    part_sum_.update().vectorize(f_, lanes).unroll(f_).unroll(t_).fuse(chunks, part_, task).parallel(task);
    tile_.compute_at(part_sum_, fo_).vectorize(f_, lanes).unroll(f_).unroll(t_);
    tile_.update().reorder(f_, t_, r_.x, r_.y).vectorize(f_, lanes).unroll(f_).unroll(t_);
    total_.vectorize(f_, lanes).fuse(to_, a_, line).parallel(line);
  }

  void ScheduleResults(Func& out) {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    Var line;
    out.compute_root()
        .bound(f, 0, conv_.filters)
        .bound(c, 0, conv_.channels)
        .bound(b, 0, conv_.window.size[1])
        .bound(a, 0, conv_.window.size[0]);
    out.vectorize(f, context_.lanes, TailStrategy::GuardWithIf).fuse(a, b, line).parallel(line);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const Tensor image_, dy_, image_rows_;
  const int height_, width_;  // of dy
  const WeightGradPlan plan_;
  // Filter and element of a tile, column and line of tiles, row of the kernel, block of rows of dy, image, part.
  const Var f_{"f"}, t_{"t"}, fo_{"fo"}, to_{"to"}, a_{"a"}, y_{"y"}, n_{"n"}, part_{"part"};
  RDom r_, images_;
  Func tile_{"tile"}, part_sum_{"part_sum"}, total_{"total"};
  const bool stored_;  // dy lies in memory
  Tensor gradient_;    // dy, of rows that a task computes if it is not stored
};

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

ScheduledKernel BuildDirectWeightGrad(KernelBuilder& builder) { return DirectWeightGrad(builder).Build(); }

}  // namespace brine::codegen
