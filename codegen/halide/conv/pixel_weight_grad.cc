#include "codegen/halide/conv/pixel_weight_grad.h"

#include <algorithm>

#include "codegen/halide/conv/pixels.h"
#include "codegen/halide/conv/problem.h"
#include "codegen/halide/split_sum.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

// How the sums are cut.  A block is the rows of dy whose planes a task makes at a time.
struct PixelPlan {
  int width;                         // of a plane of dy: whole vectors
  int filters_per_tile, tile_count;  // of registers
  int rows_per_block, block_count;
  int image_rows, image_columns;  // of a plane of the image, which a block reads
  int images_per_part, part_count;
};

// `rows` and `columns` are those of dy, of which some at the end may be known to be zero and left out.
PixelPlan PlanPixels(const ConvProblem& conv, int rows, int columns, const Machine& machine) {
  PixelPlan plan;
  plan.width = CeilDiv(columns, machine.lanes) * machine.lanes;
  const int most = std::max(1, (machine.registers - kOperandRegisters) / conv.window.size[1]);
  plan.tile_count = CeilDiv(conv.filters, std::min(conv.filters, most));
  plan.filters_per_tile = CeilDiv(conv.filters, plan.tile_count);
  const int64_t row_bytes = int64_t{4} * plan.width * (conv.channels + conv.filters);
  const auto rows_in_cache = static_cast<int>(std::clamp<int64_t>(machine.l1_bytes / row_bytes, 1, rows));
  plan.block_count = CeilDiv(rows, rows_in_cache);
  plan.rows_per_block = CeilDiv(rows, plan.block_count);
  plan.image_rows = plan.rows_per_block + (conv.window.size[0] - 1) * conv.window.dilation[0];
  plan.image_columns = plan.width + (conv.window.size[1] - 1) * conv.window.dilation[1];
  plan.images_per_part = CeilDiv(conv.batch, machine.tasks);
  plan.part_count = CeilDiv(conv.batch, plan.images_per_part);
  return plan;
}

class PixelWeightGrad {
 public:
  explicit PixelWeightGrad(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        conv_(ConvProblemOf(builder.spec())),
        input_(builder.Read(builder.spec().operand(0))),
        dy_(builder.TrimmedImage(1)),
        rows_(static_cast<int>(dy_.type.shape[1])),
        columns_(static_cast<int>(dy_.type.shape[2])),
        plan_(PlanPixels(conv_, rows_, columns_, context_)) {}

  ScheduledKernel Build() {
    DefinePlanes();
    DefineSums();
    Func out = DefineResults();
    Schedule(out);
    return builder_.Finish();
  }

 private:
  int TapCount(int axis) const { return conv_.window.size[axis]; }
  int Dilation(int axis) const { return conv_.window.dilation[axis]; }

  // Outside the image, and past the last row and column of dy, planes are zero.
  void DefinePlanes() {
    const Expr first_row = block_ * plan_.rows_per_block;
    image_plane_(pixel_, row_, channel_, block_, n_) =
        PixelOrZero(input_, n_, first_row + row_ - conv_.window.before[0], pixel_ - conv_.window.before[1], channel_);
    dy_plane_(pixel_, row_, filter_, block_, n_) = PixelOrZero(dy_, n_, first_row + row_, pixel_, filter_);
  }

  // The sums have three levels: of a tile over a block (tile_sum_), over a part of the batch (part_sum_), and over all
  // parts (total_).
  void DefineSums() {
    pixels_ = RDom(0, plan_.width / context_.lanes, 0, plan_.rows_per_block, "pixels");
    const Expr pixel = pixels_.x * context_.lanes + lane_;
    const Expr filter = Halide::min(tile_ * plan_.filters_per_tile + filter_, conv_.filters - 1);
    tile_sum_(lane_, tap_column_, filter_, tile_, tap_row_, channel_, block_, n_) = 0.0f;
    tile_sum_(lane_, tap_column_, filter_, tile_, tap_row_, channel_, block_, n_) +=
        image_plane_(pixel + tap_column_ * Dilation(1), pixels_.y + tap_row_ * Dilation(0), channel_, block_, n_) *
        dy_plane_(pixel, pixels_.y, filter, block_, n_);

    pieces_ = RDom(0, plan_.block_count, 0, plan_.images_per_part, "pieces");
    const Expr image = part_ * plan_.images_per_part + pieces_.y;
    pieces_.where(image < context_.batch_extent);
    const std::vector<Expr> index = {lane_, tap_column_, filter_, tile_, tap_row_, channel_};
    std::vector<Expr> part_index = index;
    part_index.push_back(part_);
    AccumulatePart(part_sum_, part_index, pieces_.x == 0 && pieces_.y == 0,
                   tile_sum_(lane_, tap_column_, filter_, tile_, tap_row_, channel_, pieces_.x,
                             Halide::min(image, context_.batch_extent - 1)));
    total_(lane_, tap_column_, filter_, tile_, tap_row_, channel_) =
        SumOfParts(part_sum_, index, plan_.part_count, plan_.images_per_part, context_.batch_extent);
  }

  Func DefineResults() {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    Expr sum;
    for (int lane = 0; lane < context_.lanes; ++lane) {
      const Expr term = total_(lane, b, f % plan_.filters_per_tile, f / plan_.filters_per_tile, a, c);
      sum = lane == 0 ? term : sum + term;
    }
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void Schedule(Func& out) {
    const int lanes = context_.lanes;
    out.compute_root()
        .bound(Axis(0), 0, conv_.filters)
        .bound(Axis(1), 0, conv_.channels)
        .bound(Axis(2), 0, TapCount(1))
        .bound(Axis(3), 0, TapCount(0));
    for (Func* func : {&total_, &part_sum_}) {
      func->compute_root()
          .bound(lane_, 0, lanes)
          .bound(tap_column_, 0, TapCount(1))
          .bound(filter_, 0, plan_.filters_per_tile)
          .bound(tile_, 0, plan_.tile_count)
          .bound(tap_row_, 0, TapCount(0))
          .bound(channel_, 0, conv_.channels);
    }
    total_.vectorize(lane_, lanes);
    part_sum_.bound(part_, 0, plan_.part_count);
    part_sum_.update()
        .reorder(lane_, tap_column_, filter_, tile_, tap_row_, channel_, pieces_.x, pieces_.y, part_)
        .vectorize(lane_, lanes)
        .unroll(tap_column_)
        .unroll(filter_)
        .parallel(part_);
    tile_sum_.compute_at(part_sum_, tile_).vectorize(lane_, lanes).unroll(tap_column_).unroll(filter_);
    tile_sum_.update()
        .reorder(lane_, tap_column_, filter_, pixels_.x, pixels_.y)
        .vectorize(lane_, lanes)
        .unroll(tap_column_)
        .unroll(filter_);
    image_plane_.compute_at(part_sum_, pieces_.x)
        .store_in(kOnStack)
        .bound_extent(pixel_, plan_.image_columns)
        .bound_extent(row_, plan_.image_rows)
        .bound_extent(channel_, conv_.channels)
        .vectorize(pixel_, lanes, TailStrategy::GuardWithIf);
    dy_plane_.compute_at(part_sum_, pieces_.x)
        .store_in(kOnStack)
        .bound_extent(pixel_, plan_.width)
        .bound_extent(row_, plan_.rows_per_block)
        .bound_extent(filter_, conv_.filters)
        .vectorize(pixel_, lanes);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const Tensor input_, dy_;
  const int rows_, columns_;  // of dy
  const PixelPlan plan_;
  const Var pixel_{"pixel"}, row_{"row"}, channel_{"channel"}, filter_{"filter"};  // filter_: of a tile, in sums
  const Var lane_{"lane"}, tap_column_{"tap_column"}, tap_row_{"tap_row"}, tile_{"tile"};
  const Var block_{"block"}, n_{"n"}, part_{"part"};
  Func image_plane_{"image_plane"}, dy_plane_{"dy_plane"};
  Func tile_sum_{"tile_sum"}, part_sum_{"part_sum"}, total_{"total"};
  RDom pixels_, pieces_;
};

}  // namespace

std::string CanPixelWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsOneGroup(conv); !reason.empty()) return reason;
  if (std::string reason = NeedsUnitStrides(conv); !reason.empty()) return reason;
  if (conv.filters >= machine.lanes) return "its filters fill a vector";
  if (conv.window.size[1] > machine.registers - kOperandRegisters)
    return "a row of its kernel does not fit the registers";
  const PixelPlan plan = PlanPixels(conv, conv.rows, conv.columns, machine);
  const int64_t plane_bytes = 4 * (int64_t{plan.image_rows} * plan.image_columns * conv.channels +
                                   int64_t{plan.rows_per_block} * plan.width * conv.filters);
  if (plane_bytes > kMaxPlaneBytes) return "the planes of a row do not fit a task's stack";
  return "";
}

Work CostPixelWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const PixelPlan plan = PlanPixels(conv, conv.rows, conv.columns, machine);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  const double taps = conv.window.size[0] * conv.window.size[1],
               pixels = double{1} * conv.batch * plan.rows_per_block * plan.block_count * plan.width;
  work.products = pixels * taps * conv.channels * plan.filters_per_tile * plan.tile_count;
  work.tile_utilization = kPixelUtilization;
  work.gather_operations += pixels * (conv.channels + conv.filters);  // the planes
  return work;
}

ScheduledKernel BuildPixelWeightGrad(KernelBuilder& builder) { return PixelWeightGrad(builder).Build(); }

}  // namespace brine::codegen
