#include "codegen/halide/conv/winograd_weight_grad.h"

#include <algorithm>

#include "codegen/halide/conv/winograd.h"
#include "codegen/halide/conv/winograd_transforms.h"
#include "codegen/halide/split_sum.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kPoints = kMaxPoints;  // along one axis
constexpr int64_t kMaxTransformBytes = 768
                                       << 10;  // of a task's transforms; kernel.cc allows 1 MB of stack for everything
constexpr int kTilesPerGroup = 128;            // over which the products are summed between two accesses to a sum

// The side of a tile of gradients.
int TileSizeOf(const ConvProblem& conv) { return LargestTile(conv.window.size[0]); }

// The number of tiles in an image.
int ImageTilesOf(const ConvProblem& conv) {
  return CeilDiv(conv.rows, TileSizeOf(conv)) * CeilDiv(conv.columns, TileSizeOf(conv));
}

// How the sum over the batch is cut.  A group is the tiles whose transforms are in memory at once: those of some
// images, or of some rows of one image.
//
// If the sums of all points are small, a part is some groups, and each task adds up the products of its part alone.  So
// the transforms stay in the second-level cache of one core, and threads wait for each other only at the end.
// Otherwise there is a single part, and the tasks share the work of each group: its tiles, and then its points.
struct WinogradSumPlan {
  int images_per_group, blocks_per_image;  // one of them is 1; a block is some rows of tiles
  int groups_per_part, part_count;

  bool in_parts() const { return part_count > 1; }
  int GroupCount(int batch) const { return CeilDiv(batch * blocks_per_image, images_per_group); }
};

// `rows` and `columns` are those of dy, of which some at the end may be known to be zero and left out.
WinogradSumPlan PlanOf(const ConvProblem& conv, int rows, int columns, const Machine& machine) {
  const int size = TileSizeOf(conv), tile_rows = CeilDiv(rows, size), tile_columns = CeilDiv(columns, size);
  const int image_tiles = tile_rows * tile_columns, filters = CeilDiv(conv.filters, machine.lanes) * machine.lanes;
  const int64_t point_bytes = 4 * kPoints * kPoints, tile_bytes = point_bytes * (conv.channels + filters);
  const int64_t sum_bytes = point_bytes * conv.channels_per_group() * filters;
  WinogradSumPlan plan = {std::clamp(kTilesPerGroup / image_tiles, 1, conv.batch), 1, 0, 1};
  // One tile is added to an even number of them, see ScheduleTransforms.
  const int64_t tiles = std::min<int64_t>(machine.l2_bytes / 2, kMaxTransformBytes) / tile_bytes - 1;
  if (sum_bytes <= machine.l2_bytes / 4 && tiles >= tile_columns && conv.batch >= machine.tasks) {
    plan.images_per_group = static_cast<int>(std::clamp<int64_t>(tiles / image_tiles, 1, conv.batch / machine.tasks));
    while (tile_rows % plan.blocks_per_image != 0 || image_tiles / plan.blocks_per_image > tiles)
      ++plan.blocks_per_image;
    const int per_part = CeilDiv(plan.GroupCount(conv.batch), machine.tasks);
    plan.part_count = CeilDiv(plan.GroupCount(conv.batch), per_part);
  }
  plan.groups_per_part = CeilDiv(plan.GroupCount(conv.batch), plan.part_count);
  return plan;
}

constexpr int kNoBorder[2] = {0, 0};

// Builds the kernel: transforms of a group of images and gradients, their products, and the inverse transform.
class WinogradWeightGrad {
 public:
  explicit WinogradWeightGrad(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        conv_(ConvProblemOf(builder.spec())),
        input_(builder.Read(builder.spec().operand(0))),
        dy_(builder.TrimmedImage(1)),
        taps_(conv_.window.size[0]),
        tile_size_(TileSizeOf(conv_)),
        tile_rows_(CeilDiv(dy_.type.shape[1], tile_size_)),
        tile_columns_(CeilDiv(dy_.type.shape[2], tile_size_)),
        plan_(PlanOf(conv_, static_cast<int>(dy_.type.shape[1]), static_cast<int>(dy_.type.shape[2]), context_)),
        lanes_(LanesInGroup(conv_.filters, conv_.groups, context_)),
        filter_vectors_(CeilDiv(conv_.filters, lanes_)),
        image_(builder.WithBorder(input_, conv_.window.before,
                                  {tile_size_ * tile_rows_ + taps_ - 1, tile_size_ * tile_columns_ + taps_ - 1})),
        gradient_(builder.WithBorder(dy_, kNoBorder, {tile_size_ * tile_rows_, tile_size_ * tile_columns_})) {}

  ScheduledKernel Build() {
    DefineTransforms();
    DefineSums();
    Func out = DefineResults();
    ScheduleResults(out);
    ScheduleSums();
    ScheduleTransforms();
    return builder_.Finish();
  }

 private:
  int rows_per_group() const { return tile_rows_ / plan_.blocks_per_image; }  // of the tiles of an image
  int tiles_per_group() const { return plan_.images_per_group * rows_per_group() * tile_columns_; }

  // Defines the transforms of the images and gradients of a group.  Images past the last one are clamped to it, and
  // their gradients are 0.
  void DefineTransforms() {
    const int rows = rows_per_group(), blocks = plan_.blocks_per_image;
    const Expr row = (group_ % blocks * rows + tile_ / tile_columns_ % rows) * tile_size_,
               column = tile_ % tile_columns_ * tile_size_,
               group_image = group_ / blocks * plan_.images_per_group + tile_ / (rows * tile_columns_),
               n = Halide::min(group_image, context_.batch_extent - 1);
    image_rows_(channel_, point_x_, row_, tile_, group_) =
        Transform(transforms_.input, kPoints, point_x_, MakeTerms(kPoints, [&](int b) {
                    return image_({n, row + row_, column + b, channel_});
                  }));
    images_(channel_, tile_, point_x_, point_y_, group_) =
        Transform(transforms_.input, kPoints, point_y_,
                  MakeTerms(kPoints, [&](int line) { return image_rows_(channel_, point_x_, line, tile_, group_); }));
    const Expr padded_filter = vector_ * lanes_ + lane_;
    const Expr filter = conv_.filters % lanes_ == 0 ? padded_filter : Halide::min(padded_filter, conv_.filters - 1);
    gradient_rows_(lane_, vector_, point_x_, row_, tile_, group_) =
        Transform(transforms_.filter, kPoints, point_x_, MakeTerms(tile_size_, [&](int b) {
                    const Expr element = gradient_({n, row + row_, column + b, filter});
                    return Halide::select(group_image < context_.batch_extent, element, 0.0f);
                  }));
    gradients_(lane_, tile_, vector_, point_x_, point_y_, group_) = Transform(
        transforms_.filter, kPoints, point_y_,
        MakeTerms(tile_size_, [&](int line) { return gradient_rows_(lane_, vector_, point_x_, line, tile_, group_); }));
  }

  // Defines the sums over a group (product_), over a part (part_sum_) and over all parts (sum_).  Filters and channels
  // past the last one are clamped to it, and those sums are discarded.
  void DefineSums() {
    group_tile_ = RDom(0, tiles_per_group(), "group_tile");
    const Expr blocks = context_.batch_extent * plan_.blocks_per_image;
    const Expr group_count = (blocks + plan_.images_per_group - 1) / plan_.images_per_group;
    groups_ = RDom(0, plan_.in_parts() ? Expr(plan_.groups_per_part) : group_count, "groups");
    const Expr vector = Halide::min(filter_ / lanes_, filter_vectors_ - 1);
    const int channels = conv_.channels_per_group();
    const Expr first_channel = vector * lanes_ / (conv_.filters / conv_.groups) * channels;
    product_(filter_, channel_, point_x_, point_y_, group_) = 0.0f;
    product_(filter_, channel_, point_x_, point_y_, group_) +=
        gradients_(filter_ % lanes_, group_tile_, vector, point_x_, point_y_, group_) *
        images_((conv_.groups == 1 ? 0 : first_channel) + Halide::min(channel_, channels - 1), group_tile_, point_x_,
                point_y_, group_);
    const std::vector<Expr> index = {filter_, channel_, point_x_, point_y_};
    std::vector<Expr> part_index = index;
    Expr group = groups_;
    if (plan_.in_parts()) {
      part_index.push_back(part_);
      group = part_ * plan_.groups_per_part + groups_;
      groups_.where(group < group_count);
      group = Halide::min(group, group_count - 1);
    }
    AccumulatePart(part_sum_, part_index, groups_ == 0, product_(filter_, channel_, point_x_, point_y_, group));
    sum_(filter_, channel_, point_x_, point_y_) =
        plan_.in_parts() ? SumOfParts(part_sum_, index, plan_.part_count, plan_.groups_per_part, group_count)
                         : part_sum_(index);
  }

  Func DefineResults() {
    row_results_(filter_, channel_, tap_column_, point_y_) =
        Transform(transforms_.output, taps_, tap_column_,
                  MakeTerms(kPoints, [&](int point) { return sum_(filter_, channel_, point, point_y_); }));
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const Expr sum_of_taps = Transform(transforms_.output, taps_, a,
                                       MakeTerms(kPoints, [&](int point) { return row_results_(f, c, b, point); }));
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), sum_of_taps));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void ScheduleResults(Func& out) {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    out.bound(f, 0, conv_.filters).bound(c, 0, conv_.channels_per_group()).bound(b, 0, taps_).bound(a, 0, taps_);
    out.compute_root()
        .reorder(b, a, f, c)
        .vectorize(f, lanes_, TailStrategy::GuardWithIf)
        .unroll(b)
        .unroll(a)
        .parallel(c, std::max(1, conv_.channels_per_group() / context_.tasks), TailStrategy::GuardWithIf);
    row_results_.compute_at(out, f)
        .vectorize(filter_, lanes_, TailStrategy::GuardWithIf)
        .unroll(tap_column_)
        .unroll(point_y_);
  }

  void ScheduleSums() {
    const int width = conv_.groups == 1 ? conv_.filters : filter_vectors_ * context_.lanes;
    const Tile tile = ChooseTile(width, conv_.channels_per_group(), context_);
    const int filters_per_tile = lanes_ * tile.vectors;
    Var filter_tile, tile_filter, channel_tile, tile_channel, task;
    part_sum_.compute_root()
        .bound(filter_, 0, conv_.filters)
        .bound(channel_, 0, conv_.channels_per_group())
        .bound(point_x_, 0, kPoints)
        .bound(point_y_, 0, kPoints);
    Halide::Stage update = part_sum_.update();
    update.split(filter_, filter_tile, tile_filter, filters_per_tile, TailStrategy::GuardWithIf)
        .split(channel_, channel_tile, tile_channel, tile.rows, TailStrategy::GuardWithIf)
        .reorder(tile_filter, tile_channel, channel_tile, filter_tile, point_x_, point_y_, groups_.x)
        .vectorize(tile_filter, lanes_, TailStrategy::GuardWithIf);
    if (plan_.in_parts()) {
      part_sum_.bound(part_, 0, plan_.part_count);
      update.parallel(part_);
      sum_.compute_root()
          .vectorize(filter_, lanes_, TailStrategy::GuardWithIf)
          .fuse(point_x_, point_y_, task)
          .parallel(task);
    } else {
      update.fuse(point_x_, point_y_, task).parallel(task);
    }
    product_.compute_at(part_sum_, channel_tile)
        .bound_extent(filter_, filters_per_tile)
        .bound_extent(channel_, tile.rows)
        .vectorize(filter_, lanes_)
        .unroll(filter_)
        .unroll(channel_);
    product_.update()
        .reorder(filter_, channel_, group_tile_)
        .vectorize(filter_, lanes_)
        .unroll(filter_)
        .unroll(channel_);
  }

  void ScheduleTransforms() {
    // All points of a tile are written together.  An odd number of tiles puts them into different sets of a cache.
    const int stored_tiles = tiles_per_group() | 1;
    // The last task ends with a guard.  If it were shifted inwards, two tasks would write the same tiles, and fast-math
    // may round the two copies differently.
    const int tiles_per_task = CeilDiv(tiles_per_group(), context_.tasks);
    for (Func* func : {&images_, &gradients_}) {
      func->compute_at(part_sum_, groups_.x)
          .bound(tile_, 0, tiles_per_group())
          .bound(point_x_, 0, kPoints)
          .bound(point_y_, 0, kPoints)
          .bound_storage(tile_, stored_tiles);
      if (plan_.in_parts())
        func->store_in(kOnStack);
      else
        func->store_root().fold_storage(group_, 1);
    }
    const int channel_lanes = std::min(conv_.channels, context_.lanes);
    images_.bound(channel_, 0, conv_.channels)
        .reorder(point_x_, point_y_, channel_, tile_)
        .vectorize(channel_, channel_lanes, TailStrategy::GuardWithIf)
        .unroll(point_x_)
        .unroll(point_y_);
    image_rows_.compute_at(images_, channel_).vectorize(channel_, channel_lanes).unroll(point_x_).unroll(row_);
    gradients_.bound(lane_, 0, lanes_)
        .bound(vector_, 0, filter_vectors_)
        .reorder(point_x_, point_y_, lane_, vector_, tile_)
        .vectorize(lane_, lanes_)
        .unroll(point_x_)
        .unroll(point_y_);
    gradient_rows_.compute_at(gradients_, lane_).vectorize(lane_, lanes_).unroll(point_x_).unroll(row_);
    if (plan_.in_parts()) return;
    for (Func* func : {&images_, &gradients_}) func->parallel(tile_, tiles_per_task, TailStrategy::GuardWithIf);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const Tensor input_, dy_;
  const int taps_, tile_size_;          // the sides of the kernel and of a tile of gradients
  const int tile_rows_, tile_columns_;  // the number of tiles in an image
  const WinogradSumPlan plan_;
  const int lanes_, filter_vectors_;
  const Transforms transforms_ = MakeTransforms(taps_, tile_size_);
  const Tensor image_, gradient_;  // x and dy with the borders that whole tiles need
  const Var channel_{"channel"}, filter_{"filter"}, vector_{"vector"}, lane_{"lane"};  // vector: of filters
  const Var part_{"part"}, group_{"group"}, tile_{"tile"};  // group: in the batch; tile: in its group
  const Var row_{"row"}, tap_column_{"tap_column"};         // row: of the pixels or gradients of a tile
  const Var point_x_{"point_x"}, point_y_{"point_y"};
  // In image_rows_ and gradient_rows_, only rows have been transformed.
  Func image_rows_{"image_rows"}, images_{"images"}, gradient_rows_{"gradient_rows"}, gradients_{"gradients"};
  Func product_{"product"}, part_sum_{"part_sum"}, sum_{"sum"};
  Func row_results_{"row_results"};  // the inverse transform along rows
  RDom group_tile_, groups_;
};

}  // namespace

std::string CanWinogradWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsWinogradKernel(conv); !reason.empty()) return reason;
  if (std::min(conv.channels, conv.filters) / conv.groups < machine.lanes)
    return "its channels or filters in a group do not fill a vector";
  if (conv.groups > 1 && 2 * LanesInGroup(conv.filters, conv.groups, machine) < machine.lanes)
    return "the filters of a group do not fill half a vector";
  if (int64_t{conv.batch} * ImageTilesOf(conv) < kMinWinogradTerms)
    return "its batch has fewer than 16 tiles of gradients, over which its rounding would exceed the bound of errors";
  return "";
}

Work CostWinogradWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const int image_tiles = ImageTilesOf(conv);
  const double tiles = double{1} * conv.batch * image_tiles,
               groups = PlanOf(conv, conv.rows, conv.columns, machine).GroupCount(conv.batch);
  const double points = kPoints * kPoints, filters = CeilDiv(conv.filters, machine.lanes) * machine.lanes;
  const double sums = points * conv.channels_per_group() * filters;
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  work.products = tiles * sums;
  work.tile_utilization =
      0.6 * LanesInGroup(conv.filters, conv.groups, machine) / std::min(conv.filters, machine.lanes);
  if (conv.groups > 1) work.tile_utilization *= kGroupUtilization;
  work.elementwise_operations += kTransformOperations * (tiles * points * (conv.channels + filters) + sums);
  work.cache_bytes += 8 * tiles * points * (conv.channels + filters);
  // The sums are loaded and stored once for each group.  Adding up their parts and transforming them take as long as
  // one more group.
  (4 * sums > static_cast<double>(machine.l2_bytes) ? work.memory_bytes : work.cache_bytes) += 8 * (groups + 1) * sums;
  return work;
}

ScheduledKernel BuildWinogradWeightGrad(KernelBuilder& builder) { return WinogradWeightGrad(builder).Build(); }

}  // namespace brine::codegen
