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

constexpr int kPixelsPerBlock = 64;  // that a tile sums each time it loads and stores the part's sum
constexpr int kMinRun = 4;

int KernelRowOf(const ConvProblem& conv) { return conv.window.size[1] * conv.channels; }

// How the sums are cut into tiles and tasks.
struct WeightGradPlan {
  int run;                          // floats in a row of the kernel
  int rows_per_block, block_count;  // a tile sums the products of one block of rows of dy at once
  Tile tile;                        // of filters by elements of a run
  int filters_per_tile;
  int tile_columns, tile_lines;  // along the filters; along a run
  int images_per_part, part_count;
  int lines_per_task;
};

// Tasks are parts of the batch, or, where their sums would overflow the caches, lines of tiles over the whole batch.
WeightGradPlan PlanWeightGrad(const ConvProblem& conv, const ir::Shape& dy, const LoopContext& context) {
  WeightGradPlan plan;
  plan.run = KernelRowOf(conv);
  const int height = static_cast<int>(dy[1]), width = static_cast<int>(dy[2]);
  plan.rows_per_block = std::clamp(kPixelsPerBlock / width, 1, height),
  plan.block_count = CeilDiv(height, plan.rows_per_block);
  plan.tile = ChooseTile(conv.filters, plan.run, context);
  plan.filters_per_tile = context.lanes * plan.tile.vectors;
  plan.tile_columns = CeilDiv(conv.filters, plan.filters_per_tile), plan.tile_lines = CeilDiv(plan.run, plan.tile.rows);
  const int64_t max_part_bytes = 8 * context.l1_bytes;
  const bool large = int64_t{conv.window.size[0]} * plan.run * conv.filters * 4 > max_part_bytes;
  plan.images_per_part = CeilDiv(context.batch_size, large ? 1 : kMaxParts);
  plan.part_count = CeilDiv(context.batch_size, plan.images_per_part);
  plan.lines_per_task = large ? CeilDiv(plan.tile_lines, kTasks) : plan.tile_lines;
  return plan;
}

// Builds the kernel: the sums of a tile over a block of rows of dy, of a part of the batch, and of all parts.
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
        r_(0, width_, 0, plan_.rows_per_block, "r"),
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
    const Expr filter =
                   Halide::min(tile_column_ * plan_.filters_per_tile, conv_.filters - plan_.filters_per_tile) + filter_,
               element = Halide::min(tile_line_ * plan_.tile.rows, plan_.run - plan_.tile.rows) + element_;
    const bool ragged = height_ % plan_.rows_per_block != 0;  // the last block is shorter
    const Expr row = block_ * plan_.rows_per_block + r_.y;
    if (ragged) r_.where(row < height_);
    const Expr line = ragged ? Halide::min(row, height_ - 1) : row;
    // A run passes from one pixel's channels to the next one's: in memory they follow each other.
    const Window& window = conv_.window;
    const Expr in_row = r_.x * (window.stride[1] * conv_.channels) + element;
    if (!stored_) gradient_.func = MakeFunc("rows", Axes(4), {dy_(ToIndex(Axes(4)))});
    tile_(filter_, element_, tile_column_, tile_line_, tap_row_, block_, n_) = 0.0f;
    tile_(filter_, element_, tile_column_, tile_line_, tap_row_, block_, n_) +=
        image_rows_({n_, line * window.stride[0] + tap_row_ * window.dilation[0], in_row}) *
        gradient_({n_, line, r_.x, filter});
  }

  void DefineParts() {
    part_block_ = RDom(0, plan_.block_count, 0, plan_.images_per_part, "part_block");
    const Expr number = part_ * plan_.images_per_part + part_block_.y;
    part_block_.where(number < context_.rows);
    AddPieces(part_sum_, {filter_, element_, tile_column_, tile_line_, tap_row_, part_},
              part_block_.x == 0 && part_block_.y == 0,
              tile_(filter_, element_, tile_column_, tile_line_, tap_row_, part_block_.x,
                    Halide::min(number, context_.rows - 1)));
    total_(filter_, element_, tile_column_, tile_line_, tap_row_) =
        AddParts(part_sum_, {filter_, element_, tile_column_, tile_line_, tap_row_}, plan_.part_count,
                 plan_.images_per_part, context_.rows);
  }

  Func DefineResults() {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const int across = plan_.filters_per_tile, rows = plan_.tile.rows;
    const Expr in_run = b * conv_.channels + c, tile_x = f / across, tile_y = in_run / rows;
    const Expr x_in_tile = f - Halide::min(tile_x * across, conv_.filters - across),
               y_in_tile = in_run - Halide::min(tile_y * rows, plan_.run - rows);
    const Expr sum = total_(Halide::unsafe_promise_clamped(x_in_tile, 0, across - 1),
                            Halide::unsafe_promise_clamped(y_in_tile, 0, rows - 1), tile_x, tile_y, a);
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void ScheduleSums() {
    const int lanes = context_.lanes;
    if (!stored_) gradient_.func.compute_at(part_sum_, part_block_.x).store_in(kOnStack).vectorize(Axis(0), lanes);
    for (Func* func : {&total_, &part_sum_}) {
      func->compute_root()
          .bound(filter_, 0, plan_.filters_per_tile)
          .bound(element_, 0, plan_.tile.rows)
          .bound(tile_column_, 0, plan_.tile_columns)
          .bound(tile_line_, 0, plan_.tile_lines)
          .bound(tap_row_, 0, conv_.window.size[0]);
    }
    Var chunks, task, line;
    part_sum_.update()
        .split(tile_line_, chunks, tile_line_, plan_.lines_per_task, TailStrategy::GuardWithIf)
        .reorder(filter_, element_, tile_column_, tile_line_, tap_row_, part_block_.x, part_block_.y, chunks, part_);
    part_sum_.update()
        .vectorize(filter_, lanes)
        .unroll(filter_)
        .unroll(element_)
        .fuse(chunks, part_, task)
        .parallel(task);
    tile_.compute_at(part_sum_, tile_column_).vectorize(filter_, lanes).unroll(filter_).unroll(element_);
    tile_.update().reorder(filter_, element_, r_.x, r_.y).vectorize(filter_, lanes).unroll(filter_).unroll(element_);
    total_.vectorize(filter_, lanes).fuse(tile_line_, tap_row_, line).parallel(line);
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
  const Var filter_{"filter"}, element_{"element"};  // of a tile
  const Var tile_column_{"tile_column"}, tile_line_{"tile_line"}, tap_row_{"tap_row"};
  const Var block_{"block"}, n_{"n"}, part_{"part"};
  RDom r_, part_block_;
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
  if (KernelRowOf(conv) < kMinRun) return "a row of its kernel has fewer than four taps";
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
  work.cache_bytes = 8 * work.products / kPixelsPerBlock;
  return work;
}

ScheduledKernel BuildDirectWeightGrad(KernelBuilder& builder) { return DirectWeightGrad(builder).Build(); }

}  // namespace brine::codegen
