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

// The pixels of dy over which a tile sums each time it loads and stores the sums of its part.
constexpr int kPixelsPerBlock = 64;
constexpr int kMinRunLength = 4;  // with a shorter run, a tile would have too few rows

// The number of floats in a run, that is, in the taps of one row of the kernel.
int RunLengthOf(const ConvProblem& conv) { return conv.window.size[1] * conv.channels; }

// How the sums are cut into tiles and tasks.
struct WeightGradPlan {
  int run_length;                   // floats in a run
  int rows_per_block, block_count;  // a block is some rows of dy over which a tile sums at once
  Tile tile;                        // of filters by elements of a run
  int filters_per_tile;
  int tile_columns, tile_rows;  // the number of tiles along the filters, and along a run
  int images_per_part, part_count;
  int tile_rows_per_task;
};

// A task is a part of the batch.  If the sums of a part would overflow the caches, a task is instead some rows of
// tiles, over the whole batch.
WeightGradPlan PlanWeightGrad(const ConvProblem& conv, const ir::Shape& dy, const LoopContext& context) {
  WeightGradPlan plan;
  plan.run_length = RunLengthOf(conv);
  const int height = static_cast<int>(dy[1]), width = static_cast<int>(dy[2]);
  plan.rows_per_block = std::clamp(kPixelsPerBlock / width, 1, height);
  plan.block_count = CeilDiv(height, plan.rows_per_block);
  plan.tile = ChooseTile(conv.filters, plan.run_length, context);
  plan.filters_per_tile = context.lanes * plan.tile.vectors;
  plan.tile_columns = CeilDiv(conv.filters, plan.filters_per_tile);
  plan.tile_rows = CeilDiv(plan.run_length, plan.tile.rows);
  const int64_t max_part_bytes = 8 * context.l1_bytes;
  const int64_t part_bytes = int64_t{conv.window.size[0]} * plan.run_length * conv.filters * 4;
  const bool is_large = part_bytes > max_part_bytes;
  plan.images_per_part = CeilDiv(context.batch_size, is_large ? 1 : context.tasks);
  plan.part_count = CeilDiv(context.batch_size, plan.images_per_part);
  plan.tile_rows_per_task = is_large ? CeilDiv(plan.tile_rows, context.tasks) : plan.tile_rows;
  return plan;
}

// Builds the kernel.  Its sums have three levels: of a tile over a block of rows of dy (tile_), over a part of the
// batch (part_sum_), and over all parts (total_).
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
        is_dy_stored_(builder.IsStored(builder.spec().operand(1))),
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
    // The last tile along each axis is shifted inwards.  Elements in the overlap of two tiles are computed twice, by
    // the same operations.
    const Expr filter =
                   Halide::min(tile_column_ * plan_.filters_per_tile, conv_.filters - plan_.filters_per_tile) + filter_,
               element = Halide::min(tile_row_ * plan_.tile.rows, plan_.run_length - plan_.tile.rows) + element_;
    const bool is_last_block_shorter = height_ % plan_.rows_per_block != 0;
    const Expr block_row = block_ * plan_.rows_per_block + r_.y;
    if (is_last_block_shorter) r_.where(block_row < height_);
    const Expr row = is_last_block_shorter ? Halide::min(block_row, height_ - 1) : block_row;
    const Window& window = conv_.window;
    const Expr index_in_row = r_.x * (window.stride[1] * conv_.channels) + element;
    if (!is_dy_stored_) gradient_.func = MakeFunc("rows", Axes(4), {dy_(ToIndex(Axes(4)))});
    tile_(filter_, element_, tile_column_, tile_row_, tap_row_, block_, n_) = 0.0f;
    tile_(filter_, element_, tile_column_, tile_row_, tap_row_, block_, n_) +=
        image_rows_({n_, row * window.stride[0] + tap_row_ * window.dilation[0], index_in_row}) *
        gradient_({n_, row, r_.x, filter});
  }

  void DefineParts() {
    part_block_ = RDom(0, plan_.block_count, 0, plan_.images_per_part, "part_block");
    const Expr image = part_ * plan_.images_per_part + part_block_.y;
    part_block_.where(image < context_.batch_extent);
    AccumulatePart(part_sum_, {filter_, element_, tile_column_, tile_row_, tap_row_, part_},
                   part_block_.x == 0 && part_block_.y == 0,
                   tile_(filter_, element_, tile_column_, tile_row_, tap_row_, part_block_.x,
                         Halide::min(image, context_.batch_extent - 1)));
    total_(filter_, element_, tile_column_, tile_row_, tap_row_) =
        SumOfParts(part_sum_, {filter_, element_, tile_column_, tile_row_, tap_row_}, plan_.part_count,
                   plan_.images_per_part, context_.batch_extent);
  }

  Func DefineResults() {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const int filters = plan_.filters_per_tile, elements = plan_.tile.rows;  // of a tile
    const Expr run_element = b * conv_.channels + c, tile_column = f / filters, tile_row = run_element / elements;
    const Expr filter = f - Halide::min(tile_column * filters, conv_.filters - filters),
               element = run_element - Halide::min(tile_row * elements, plan_.run_length - elements);
    const Expr sum = total_(Halide::unsafe_promise_clamped(filter, 0, filters - 1),
                            Halide::unsafe_promise_clamped(element, 0, elements - 1), tile_column, tile_row, a);
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void ScheduleSums() {
    const int lanes = context_.lanes;
    if (!is_dy_stored_)
      gradient_.func.compute_at(part_sum_, part_block_.x).store_in(kOnStack).vectorize(Axis(0), lanes);
    for (Func* func : {&total_, &part_sum_}) {
      func->compute_root()
          .bound(filter_, 0, plan_.filters_per_tile)
          .bound(element_, 0, plan_.tile.rows)
          .bound(tile_column_, 0, plan_.tile_columns)
          .bound(tile_row_, 0, plan_.tile_rows)
          .bound(tap_row_, 0, conv_.window.size[0]);
    }
    Var row_block, task, total_task;
    part_sum_.update()
        .split(tile_row_, row_block, tile_row_, plan_.tile_rows_per_task, TailStrategy::GuardWithIf)
        .reorder(filter_, element_, tile_column_, tile_row_, tap_row_, part_block_.x, part_block_.y, row_block, part_);
    part_sum_.update()
        .vectorize(filter_, lanes)
        .unroll(filter_)
        .unroll(element_)
        .fuse(row_block, part_, task)
        .parallel(task);
    tile_.compute_at(part_sum_, tile_column_).vectorize(filter_, lanes).unroll(filter_).unroll(element_);
    tile_.update().reorder(filter_, element_, r_.x, r_.y).vectorize(filter_, lanes).unroll(filter_).unroll(element_);
    total_.vectorize(filter_, lanes).fuse(tile_row_, tap_row_, total_task).parallel(total_task);
  }

  void ScheduleResults(Func& out) {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    Var tap;
    out.compute_root()
        .bound(f, 0, conv_.filters)
        .bound(c, 0, conv_.channels)
        .bound(b, 0, conv_.window.size[1])
        .bound(a, 0, conv_.window.size[0]);
    out.vectorize(f, context_.lanes, TailStrategy::GuardWithIf).fuse(a, b, tap).parallel(tap);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const Tensor image_, dy_;   // image_: x with its border
  const Tensor image_rows_;   // the rows of image_ as sequences of floats
  const int height_, width_;  // of dy
  const WeightGradPlan plan_;
  const Var filter_{"filter"}, element_{"element"};  // of a tile; an element of the run
  const Var tile_column_{"tile_column"}, tile_row_{"tile_row"}, tap_row_{"tap_row"};
  const Var block_{"block"}, n_{"n"}, part_{"part"};
  RDom r_, part_block_;
  Func tile_{"tile"}, part_sum_{"part_sum"}, total_{"total"};
  const bool is_dy_stored_;
  Tensor gradient_;  // dy; if it is not stored, each task computes the rows of a block
};

}  // namespace

std::string CanDirectWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsOneGroup(conv); !reason.empty()) return reason;
  if (conv.window.dilation[1] != 1) return "the taps of a row of its kernel are dilated";
  if (conv.filters < machine.lanes) return "its filters do not fill a vector";
  if (RunLengthOf(conv) < kMinRunLength) return "a row of its kernel has fewer than four taps";
  return "";
}

Work CostDirectWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  work.products = conv.products();
  const double padded_filters = CeilDiv(conv.filters, machine.lanes) * machine.lanes;
  work.tile_utilization = 0.7 * conv.filters / padded_filters;
  // The sums of a part are loaded and stored once for each block of pixels.
  work.cache_bytes = 8 * work.products / kPixelsPerBlock;
  return work;
}

ScheduledKernel BuildDirectWeightGrad(KernelBuilder& builder) { return DirectWeightGrad(builder).Build(); }

}  // namespace brine::codegen
