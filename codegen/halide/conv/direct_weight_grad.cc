#include "codegen/halide/conv/direct_weight_grad.h"

#include <algorithm>

#include "codegen/halide/conv/groups.h"
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

constexpr int kMaxUnrolledPixels = 8;  // a longer loop body gains nothing

// Whether the registers hold the sums of a row of the kernel, and the vectors of channels that the next pixel of dy
// multiplies again.
bool KeepsChannels(const ConvProblem& conv, const Machine& machine) {
  return 2 * conv.window.size[1] * conv.channels_per_group() <= machine.registers;
}

// How the sums are cut into tiles and tasks.
struct WeightGradPlan {
  int taps_per_run, run_count;      // a run has the channels of a group at each of these taps
  int run_length;                   // floats in a run
  int rows_per_block, block_count;  // a block is some rows of dy over which a tile sums at once
  Tile tile;                        // of filters by elements of a run
  int filters_per_tile;
  int tile_columns, tile_rows;  // the number of tiles along the filters, and along a run
  int images_per_part, part_count;
  int tile_rows_per_task;
  int unrolled_pixels;  // of dy, whose products share vectors of channels
};

// A task is a part of the batch.  If the sums of a part would overflow the caches, a task is instead some rows of
// tiles, over the whole batch.  With several groups, a task is one column of tiles over a part of the batch, so that
// the sums of a column stay in the caches, and there are only as many parts as give enough tasks if the sums are large.
WeightGradPlan PlanWeightGrad(const ConvProblem& conv, const FilterVectors& vectors, const ir::Shape& dy,
                              const LoopContext& context) {
  WeightGradPlan plan;
  // The taps of a row are not contiguous in memory if there are several groups, so the elements of a tile are those of
  // whole taps: of a row of the kernel if the registers hold so many sums, otherwise of one tap.
  const int taps = conv.window.size[1], row_length = taps * vectors.channels;
  const bool is_row_tile = conv.groups > 1 && row_length + 4 <= context.registers;
  plan.taps_per_run = conv.groups == 1 || is_row_tile ? taps : 1;
  plan.run_count = conv.window.size[0] * taps / plan.taps_per_run;
  plan.run_length = plan.taps_per_run * vectors.channels;
  const int height = static_cast<int>(dy[1]), width = static_cast<int>(dy[2]);
  plan.rows_per_block = std::clamp(kPixelsPerBlock / width, 1, height);
  plan.block_count = CeilDiv(height, plan.rows_per_block);
  plan.tile = is_row_tile ? Tile{1, row_length} : ChooseTile(vectors.TileFilters(), plan.run_length, context);
  plan.filters_per_tile = context.lanes * plan.tile.vectors;
  plan.tile_columns = CeilDiv(conv.filters, plan.filters_per_tile);
  plan.tile_rows = CeilDiv(plan.run_length, plan.tile.rows);
  const int64_t max_part_bytes = 8 * context.l1_bytes;
  const int64_t part_bytes = int64_t{plan.run_count} * plan.run_length * conv.filters * 4;
  const bool is_large = part_bytes > max_part_bytes;
  const int parts_of_large = conv.groups == 1 ? 1 : CeilDiv(context.tasks, plan.tile_columns);
  plan.images_per_part = CeilDiv(context.batch_size, is_large ? parts_of_large : context.tasks);
  plan.part_count = CeilDiv(context.batch_size, plan.images_per_part);
  plan.tile_rows_per_task = is_large ? CeilDiv(plan.tile_rows, context.tasks) : plan.tile_rows;
  plan.unrolled_pixels = vectors.are_shared() && KeepsChannels(conv, context) ? kMaxUnrolledPixels : 1;
  while (width % plan.unrolled_pixels != 0) --plan.unrolled_pixels;
  return plan;
}

// Builds the kernel.  Its sums have three levels: of a tile over a block of rows of dy (tile_), over a part of the
// batch (part_sum_), and over all parts (total_).
class DirectWeightGrad {
 public:
  explicit DirectWeightGrad(KernelBuilder& builder)
      : builder_(builder),
        conv_(ConvProblemOf(builder.spec())),
        vectors_(FilterVectorsOf(conv_, builder.context())),
        context_(vectors_.InContext(builder.context())),
        image_(builder, builder.Read(builder.spec().operand(0)), conv_.window.before, conv_.BorderedSize(), vectors_),
        dy_(builder.TrimmedImage(1)),
        height_(static_cast<int>(dy_.type.shape[1])),
        width_(static_cast<int>(dy_.type.shape[2])),
        plan_(PlanWeightGrad(conv_, vectors_, dy_.type.shape, context_)),
        r_(0, width_, 0, plan_.rows_per_block, "r"),
        reads_dy_(conv_.groups == 1 && builder.IsStored(builder.spec().operand(1))),
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
    if (!reads_dy_) gradient_.func = MakeFunc("rows", Axes(4), {dy_(ToIndex(Axes(4)))});
    tile_(filter_, element_, tile_column_, tile_row_, run_, block_, n_) = 0.0f;
    tile_(filter_, element_, tile_column_, tile_row_, run_, block_, n_) +=
        ImageElement(filter, element, row) * gradient_({n_, row, r_.x, filter});
  }

  // What the gradient of `filter` at row `row` of dy is multiplied by, for an element of the run.
  Expr ImageElement(const Expr& filter, const Expr& element, const Expr& row) const {
    const Window& window = conv_.window;
    const int runs = window.size[1] / plan_.taps_per_run;  // of a row of the kernel
    const Expr image_row = row * window.stride[0] + run_ / runs * window.dilation[0];
    if (conv_.groups == 1)
      return RowsOf(image_.tensor())({n_, image_row, r_.x * (window.stride[1] * conv_.channels) + element});
    const Expr tap = run_ % runs + element / vectors_.channels;
    return vectors_.Operand(filter, element % vectors_.channels, [&](const Expr& channel) {
      return image_.tensor()({n_, image_row, r_.x * window.stride[1] + tap * window.dilation[1], channel});
    });
  }

  void DefineParts() {
    part_block_ = RDom(0, plan_.block_count, 0, plan_.images_per_part, "part_block");
    const Expr image = part_ * plan_.images_per_part + part_block_.y;
    part_block_.where(image < context_.batch_extent);
    AccumulatePart(part_sum_, {filter_, element_, tile_column_, tile_row_, run_, part_},
                   part_block_.x == 0 && part_block_.y == 0,
                   tile_(filter_, element_, tile_column_, tile_row_, run_, part_block_.x,
                         Halide::min(image, context_.batch_extent - 1)));
    total_(filter_, element_, tile_column_, tile_row_, run_) =
        SumOfParts(part_sum_, {filter_, element_, tile_column_, tile_row_, run_}, plan_.part_count,
                   plan_.images_per_part, context_.batch_extent);
  }

  Func DefineResults() {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const int filters = plan_.filters_per_tile, elements = plan_.tile.rows;  // of a tile
    const int taps = plan_.taps_per_run;
    const Expr run = a * (conv_.window.size[1] / taps) + b / taps;
    const Expr run_element = b % taps * vectors_.channels + c, tile_column = f / filters,
               tile_row = run_element / elements;
    const Expr filter = f - Halide::min(tile_column * filters, conv_.filters - filters),
               element = run_element - Halide::min(tile_row * elements, plan_.run_length - elements);
    const Expr sum = total_(Halide::unsafe_promise_clamped(filter, 0, filters - 1),
                            Halide::unsafe_promise_clamped(element, 0, elements - 1), tile_column, tile_row, run);
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void ScheduleSums() {
    const int lanes = context_.lanes;
    if (!reads_dy_) gradient_.func.compute_at(part_sum_, part_block_.x).store_in(kOnStack).vectorize(Axis(0), lanes);
    for (Func* func : {&total_, &part_sum_}) {
      func->compute_root()
          .bound(filter_, 0, plan_.filters_per_tile)
          .bound(element_, 0, plan_.tile.rows)
          .bound(tile_column_, 0, plan_.tile_columns)
          .bound(tile_row_, 0, plan_.tile_rows)
          .bound(run_, 0, plan_.run_count);
    }
    Var row_block, task, total_task;
    Halide::Stage parts = part_sum_.update();
    if (conv_.groups == 1) {
      parts.split(tile_row_, row_block, tile_row_, plan_.tile_rows_per_task, TailStrategy::GuardWithIf)
          .reorder(filter_, element_, tile_column_, tile_row_, run_, part_block_.x, part_block_.y, row_block, part_)
          .fuse(row_block, part_, task);
      tile_.compute_at(part_sum_, tile_column_);
    } else {
      parts.reorder(filter_, element_, tile_row_, run_, part_block_.x, part_block_.y, tile_column_, part_)
          .fuse(tile_column_, part_, task);
      tile_.compute_at(part_sum_, tile_row_);
    }
    parts.vectorize(filter_, lanes).unroll(filter_).unroll(element_).parallel(task);
    image_.Schedule(part_sum_, part_block_.y);
    Halide::RVar pixel;
    tile_.vectorize(filter_, lanes).unroll(filter_).unroll(element_);
    tile_.update()
        .split(r_.x, r_.x, pixel, plan_.unrolled_pixels)
        .reorder(filter_, element_, pixel, r_.x, r_.y)
        .vectorize(filter_, lanes)
        .unroll(filter_)
        .unroll(element_)
        .unroll(pixel);
    total_.vectorize(filter_, lanes).fuse(tile_row_, run_, total_task).parallel(total_task);
  }

  void ScheduleResults(Func& out) {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    Var tap;
    out.compute_root()
        .bound(f, 0, conv_.filters)
        .bound(c, 0, vectors_.channels)
        .bound(b, 0, conv_.window.size[1])
        .bound(a, 0, conv_.window.size[0]);
    out.vectorize(f, context_.lanes, TailStrategy::GuardWithIf).fuse(a, b, tap).parallel(tap);
  }

  KernelBuilder& builder_;
  const ConvProblem conv_;
  const FilterVectors vectors_;
  const LoopContext context_;
  GroupImage image_;  // x with its border
  const Tensor dy_;
  const int height_, width_;  // of dy
  const WeightGradPlan plan_;
  const Var filter_{"filter"}, element_{"element"};  // of a tile; an element of the run
  const Var tile_column_{"tile_column"}, tile_row_{"tile_row"}, run_{"run"};
  const Var block_{"block"}, n_{"n"}, part_{"part"};
  RDom r_, part_block_;
  Func tile_{"tile"}, part_sum_{"part_sum"}, total_{"total"};
  const bool reads_dy_;
  // dy, or the rows of a block on the task's stack, if dy is not stored, or if there are several groups: the filters of
  // a tile are contiguous there, and the sums of all runs read them.
  Tensor gradient_;
};

}  // namespace

std::string CanDirectWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsFilledVectors(FilterVectorsOf(conv, machine)); !reason.empty()) return reason;
  if (conv.groups == 1 && conv.window.dilation[1] != 1) return "the taps of a row of its kernel are dilated";
  if (conv.groups == 1 && conv.filters < machine.lanes) return "its filters do not fill a vector";
  if (conv.window.size[1] * conv.channels_per_group() < kMinRunLength)
    return "a row of its kernel has fewer than four taps";
  return "";
}

Work CostDirectWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  work.products = conv.products();
  const FilterVectors vectors = FilterVectorsOf(conv, machine);
  work.tile_utilization = 0.8 * vectors.LaneUtilization(machine);
  work.elementwise_operations +=
      vectors.OperandOperations(work.products, KeepsChannels(conv, machine) ? TapsOfPixel(conv.window) : 1);
  // The sums of a part are loaded and stored once for each block of pixels.
  work.cache_bytes = 8 * work.products / kPixelsPerBlock;
  return work;
}

ScheduledKernel BuildDirectWeightGrad(KernelBuilder& builder) { return DirectWeightGrad(builder).Build(); }

}  // namespace brine::codegen
