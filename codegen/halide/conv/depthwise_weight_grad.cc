// The weight gradient of a depthwise convolution:
//   dw[a, b, 0, f] = Σ over n, i, j of x[n, i·stride + a·dilation − pad, j·…, f / multiplier] · dy[n, i, j, f]
// A register tile is a vector of filters by all taps.  It sums over some rows of an image and is then added to the sums
// of its part of the batch.
#include <algorithm>

#include "codegen/halide/conv/depthwise.h"
#include "codegen/halide/split_sum.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kMaxPixelsPerStep = 8;  // unrolled, so that they share the pixels of x that their taps read

// The most pixels of a row per step that leave no rest.
int PixelsPerStep(int width) {
  int best = 1;
  for (int pixels = 2; pixels <= kMaxPixelsPerStep; ++pixels) {
    if (width % pixels == 0) best = pixels;
  }
  return best;
}

// Builds the kernel.  Its sums have three levels: of a tile over a block of rows of dy (tile_), over a part of the
// batch (part_sum_), and over all parts (total_).
class DepthwiseWeightGrad {
 public:
  explicit DepthwiseWeightGrad(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        conv_(ConvProblemOf(builder.spec())),
        axes_{TapAxisOf(conv_, 0), TapAxisOf(conv_, 1)},
        blocks_(CutChannels(conv_.filters, context_)),
        rows_per_block_(
            RowsPerChunk(conv_.rows, int64_t{4} * axes_[0].step * axes_[1].size * blocks_.channels(), context_)),
        images_per_part_(CeilDiv(context_.batch_size, context_.tasks)),
        part_count_(CeilDiv(context_.batch_size, images_per_part_)),
        r_(0, conv_.columns, 0, rows_per_block_, "r"),
        part_block_(0, conv_.rows / rows_per_block_, 0, images_per_part_, "part_block"),
        x_(MakeTapImage(builder, 0, axes_, ChannelMultiplier(conv_))),
        dy_(MakeTapImage(builder, 1, {ResultAxis(conv_.rows), ResultAxis(conv_.columns)}, 1)) {}

  ScheduledKernel Build() {
    DefineSums();
    Func out = DefineResults();
    ScheduleSums();
    ScheduleResults(out);
    return builder_.Finish();
  }

 private:
  // dy is read pixel by pixel.
  static TapAxis ResultAxis(int extent) { return {.phases = 1, .step = 1, .before = 0, .size = extent, .taps = {}}; }

  // The last vector of filters is shifted inwards.  Filters in two vectors are computed twice, by the same operations.
  Expr FirstFilter(const Expr& vector) const {
    return Halide::min(vector * blocks_.lanes, conv_.filters - blocks_.lanes);
  }

  void DefineSums() {
    const Expr filter = FirstFilter(vector_) + lane_, row = block_ * rows_per_block_ + r_.y;
    const Expr image_row = row * axes_[0].step + tap_row_ * conv_.window.dilation[0],
               image_column = r_.x * axes_[1].step + tap_column_ * conv_.window.dilation[1];
    tile_(lane_, tap_column_, tap_row_, vector_, block_, n_) = 0.0f;
    tile_(lane_, tap_column_, tap_row_, vector_, block_, n_) +=
        x_.tensor({n_, image_row, image_column, filter}) * dy_.tensor({n_, row, r_.x, filter});

    const Expr image = part_ * images_per_part_ + part_block_.y;
    part_block_.where(image < context_.batch_extent);
    AccumulatePart(
        part_sum_, {lane_, tap_column_, tap_row_, vector_, part_}, part_block_.x == 0 && part_block_.y == 0,
        tile_(lane_, tap_column_, tap_row_, vector_, part_block_.x, Halide::min(image, context_.batch_extent - 1)));
    total_(lane_, tap_column_, tap_row_, vector_) = SumOfParts(part_sum_, {lane_, tap_column_, tap_row_, vector_},
                                                               part_count_, images_per_part_, context_.batch_extent);
  }

  Func DefineResults() {
    const Var f = Axis(0), b = Axis(2), a = Axis(3);
    const Expr vector = f / blocks_.lanes;
    const Expr lane = Halide::unsafe_promise_clamped(f - FirstFilter(vector), 0, blocks_.lanes - 1);
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), total_(lane, b, a, vector)));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void ScheduleSums() {
    const int vectors = CeilDiv(conv_.filters, blocks_.lanes);
    for (Func* func : {&total_, &part_sum_}) {
      func->compute_root()
          .bound(lane_, 0, blocks_.lanes)
          .bound(tap_column_, 0, conv_.window.size[1])
          .bound(tap_row_, 0, conv_.window.size[0])
          .bound(vector_, 0, vectors);
    }
    total_.vectorize(lane_);
    // With too few registers for the sums of all taps, a tile is one row of them.
    const bool has_all_rows = conv_.window.size[0] * conv_.window.size[1] <= context_.registers - 4;
    Var block;
    Halide::Stage part = part_sum_.update();
    part.split(vector_, block, vector_, blocks_.vectors, TailStrategy::GuardWithIf);
    std::vector<Halide::VarOrRVar> order = {lane_,         tap_column_,   tap_row_, vector_,
                                            part_block_.x, part_block_.y, block,    part_};
    part.reorder(order).vectorize(lane_).unroll(tap_column_);
    tile_.compute_at(part_sum_, has_all_rows ? vector_ : tap_row_).vectorize(lane_).unroll(tap_column_);
    tile_.update().reorder(lane_, tap_column_, tap_row_, r_.x, r_.y).vectorize(lane_).unroll(tap_column_);
    tile_.update().unroll(r_.x, PixelsPerStep(conv_.columns));
    if (has_all_rows) {
      part.unroll(tap_row_);
      tile_.unroll(tap_row_).update().unroll(tap_row_);
    }
    Var task;
    part.fuse(block, part_, task).parallel(task);
    x_.Schedule({part_sum_, part_block_.x}, blocks_);
    dy_.Schedule({part_sum_, part_block_.x}, blocks_);
  }

  void ScheduleResults(Func& out) {
    out.compute_root()
        .bound(Axis(0), 0, conv_.filters)
        .bound(Axis(1), 0, 1)
        .bound(Axis(2), 0, conv_.window.size[1])
        .bound(Axis(3), 0, conv_.window.size[0]);
    out.vectorize(Axis(0), context_.lanes, TailStrategy::GuardWithIf);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const TapAxis axes_[2];  // rows, columns
  const ChannelBlocks blocks_;
  const int rows_per_block_, images_per_part_, part_count_;
  const Var lane_{"lane"}, tap_column_{"tap_column"}, tap_row_{"tap_row"}, vector_{"vector"};
  const Var block_{"block"}, n_{"n"}, part_{"part"};
  RDom r_, part_block_;
  TapImage x_, dy_;
  Func tile_{"tile"}, part_sum_{"part_sum"}, total_{"total"};
};

}  // namespace

std::string CanDepthwiseWeightGrad(const KernelSpec& spec, const Machine&) {
  return NeedsDepthwise(ConvProblemOf(spec));
}

Work CostDepthwiseWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  work.products = conv.products();
  // The few sums wait for each other, so this share of a multiply-add is done in a cycle, whatever the peak is.
  const double lane_utilization = double{1} * conv.filters / (CeilDiv(conv.filters, machine.lanes) * machine.lanes);
  work.tile_utilization = 0.45 / machine.multiply_adds_per_cycle * lane_utilization;
  work.cache_bytes += 8 * ElementCount(spec, spec.operand(0));  // a copy is stored and loaded
  work.extra_loops += 1;
  return work;
}

ScheduledKernel BuildDepthwiseWeightGrad(KernelBuilder& builder) { return DepthwiseWeightGrad(builder).Build(); }

}  // namespace brine::codegen
