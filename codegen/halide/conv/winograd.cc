#include "codegen/halide/conv/winograd.h"

#include <algorithm>
#include <functional>

#include "codegen/halide/conv/winograd_transforms.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

// The most bytes of a task's transforms and products.  kernel.cc allows 1 MB of stack for everything.
constexpr int64_t kMaxTaskBytes = 768 << 10;
// The same with the rows of the image that it reads, if they are copied with their border.
constexpr int64_t kMaxTaskBytesWithImage = 896 << 10;
// How much longer a register tile takes if it fills at most half of the registers.
constexpr double kHalfFilledTileFactor = 1.15;
constexpr double kTaskCost = 3;  // of beginning a task, in the time that a tile takes
// A task has at least this many tiles if these fit its stack, since each task reads all transformed filters, which may
// be megabytes.
constexpr int kMinTilesPerTask = 24;

// The convolution that is computed: of x with w, or, for the input gradient, of dy with the kernel rotated by 180
// degrees, since at stride 1, for K × K taps,
//   dx[n, i, j, c] = Σ over a, b, f of dy[n, i + a − (K − 1 − pad), j + b − …, f] · w[K − 1 − a, K − 1 − b, c, f]
struct WinogradProblem {
  bool is_rotated;    // whether it is the input gradient
  int taps;           // the side of the kernel
  int height, width;  // of the sums
  int channels;       // of the image
  int filters;        // of the sums
  int groups;         // a sum runs over the channels of its filter's group
  int before[2];      // rows and columns of zeros before the image
  int pool_size;      // the side of the pool's windows; 1 if there is no pool
  int64_t batch;
};

WinogradProblem WinogradProblemOf(const KernelSpec& spec) {
  const ConvProblem conv = ConvProblemOf(spec);
  const int(&pads)[2] = conv.window.before;
  const int taps = conv.window.size[0];
  if (conv.direction == ConvDirection::kInputGrad) {
    return {.is_rotated = true,
            .taps = taps,
            .height = conv.height,
            .width = conv.width,
            .channels = conv.filters,
            .filters = conv.channels,
            .groups = conv.groups,
            .before = {taps - 1 - pads[0], taps - 1 - pads[1]},
            .pool_size = 1,
            .batch = conv.batch};
  }
  // Sums past the last window of the pool are not needed.
  const int pool_size = conv.pool_rows;
  return {.is_rotated = false,
          .taps = taps,
          .height = conv.rows / pool_size * pool_size,
          .width = conv.columns / pool_size * pool_size,
          .channels = conv.channels,
          .filters = conv.filters,
          .groups = conv.groups,
          .before = {pads[0], pads[1]},
          .pool_size = pool_size,
          .batch = conv.batch};
}

// How the results are cut: into tiles of size × size results, and these into tasks.  A task takes some rows of tiles of
// one image, or some whole images.
struct WinogradPlan {
  int size, taps;     // of a tile, along each axis; the side of the kernel
  int rows, columns;  // of tiles in an image
  int rows_per_task;  // of tiles; all rows if a task takes several images
  int images_per_task;
  int channels, filters, groups;
  int lanes;           // of a vector of filters, which belong to one group
  int64_t tile_bytes;  // of the transforms and products that a task keeps for each of its tiles

  int points() const { return size + taps - 1; }
  int tiles_per_task() const { return images_per_task * rows_per_task * columns; }
  int channels_per_group() const { return channels / groups; }
  int filters_per_group() const { return filters / groups; }
};

// The width for which a register tile is chosen: with vectors that are shorter than a register, that of whole ones.
int TileWidth(const WinogradPlan& plan, int block_filters, const Machine& machine) {
  return plan.groups == 1 ? block_filters : block_filters / plan.lanes * machine.lanes;
}

// The number of tiles for which a task has memory at each point, which is the distance between the points of a tile.
// All points of a tile are written together, and an odd distance puts them into different sets of a cache.
int StoredTiles(const WinogradPlan& plan) { return plan.tiles_per_task() | 1; }

// The operations for an image with tiles of this size: its products and its transforms.
int64_t ImageOperations(const WinogradProblem& problem, int size) {
  const int64_t points = size + problem.taps - 1;
  const int64_t tiles = int64_t{CeilDiv(problem.height, size)} * CeilDiv(problem.width, size);
  const int64_t channels = problem.channels, filters = problem.filters;
  return tiles * points * points * (channels / problem.groups * filters + 6 * (channels + filters));
}

// The plan that is expected to take the least time.  The transforms and products of a task lie on its stack, and the
// smallest task is one row of tiles, which may not fit: see FitsStack.
WinogradPlan PlanWinograd(const WinogradProblem& problem, const Machine& machine) {
  const int largest = LargestTile(problem.taps);
  const int size = ImageOperations(problem, largest) < ImageOperations(problem, 2) ? largest : 2;
  const int lanes = LanesInGroup(problem.filters, problem.groups, machine);
  const int block_filters = std::min(problem.filters, 4 * lanes), points = size + problem.taps - 1;
  const int64_t tile_bytes = int64_t{points} * points * (int64_t{problem.channels} + block_filters) * 4;
  WinogradPlan plan = {.size = size,
                       .taps = problem.taps,
                       .rows = CeilDiv(problem.height, size),
                       .columns = CeilDiv(problem.width, size),
                       .rows_per_task = 1,
                       .images_per_task = 1,
                       .channels = problem.channels,
                       .filters = problem.filters,
                       .groups = problem.groups,
                       .lanes = lanes,
                       .tile_bytes = tile_bytes};
  const int64_t max_tiles = (kMaxTaskBytes / tile_bytes - 1) | 1;  // an odd number, see StoredTiles
  // The transforms of a task fill a few first-level caches.  They may fill most of the second-level cache if fewer rows
  // are computed twice then.
  const auto target_tiles =
      static_cast<int>(std::min(std::max<int64_t>(4 * machine.l1_bytes / tile_bytes, kMinTilesPerTask), max_tiles));
  const int64_t max_bytes = std::min<int64_t>(machine.l2_bytes / 8 * 7, kMaxTaskBytes - (64 << 10));
  // All tasks have equally many rows of tiles, and the last task is shifted inwards, so some rows may be computed
  // twice.
  double least_cost = 0;
  for (int rows = 1; rows <= plan.rows; ++rows) {
    const int task_tiles = rows * plan.columns;
    if (rows > 1 && task_tiles > target_tiles && task_tiles * tile_bytes > max_bytes) break;
    const Tile tile = ChooseTile(TileWidth(plan, block_filters, machine), task_tiles, machine);
    const bool is_large = tile.vectors * tile.rows * 2 > machine.registers;
    const double tile_cost = is_large ? 1 : kHalfFilledTileFactor;
    const double cost = CeilDiv(plan.rows, rows) * (CeilDiv(task_tiles, tile.rows) * tile.rows * tile_cost + kTaskCost);
    if (rows > 1 && cost >= least_cost) continue;
    least_cost = cost;
    plan.rows_per_task = rows;
  }
  if (plan.rows_per_task == plan.rows) {
    // Images are not put together into fewer tasks than half of those that the machine wants.
    const int64_t max_images = std::max<int64_t>(problem.batch / std::max(machine.tasks / 2, 1), 1);
    plan.images_per_task =
        static_cast<int>(std::clamp<int64_t>(target_tiles / (plan.rows * plan.columns), 1, max_images));
  }
  return plan;
}

int64_t TaskBytes(const WinogradPlan& plan) { return StoredTiles(plan) * plan.tile_bytes; }

bool FitsStack(const WinogradPlan& plan) { return TaskBytes(plan) <= kMaxTaskBytes; }

// Whether the rows of the image that a task reads fit its stack as well.
bool FitsStackWithImage(const WinogradPlan& plan) {
  const int64_t rows = plan.size * plan.rows_per_task + plan.taps - 1,
                columns = plan.size * plan.columns + plan.taps - 1;
  return TaskBytes(plan) + 4 * plan.images_per_task * rows * columns * plan.channels <= kMaxTaskBytesWithImage;
}

// The sums y[n, i, j, f] = Σ over a, b, c of image[n, i + a, j + b, c] · weight(a, b, c, f), through the transforms of
// the filters (filters_) and of the image (image_), and their products (products_).
class Winograd {
 public:
  using Weight = std::function<Expr(int tap_row, int tap_column, const Expr& channel, const Expr& filter)>;

  // `image` has at least size · rows + taps − 1 by size · columns + taps − 1 pixels.
  Winograd(const Tensor& image, const Weight& weight, const WinogradPlan& plan, const LoopContext& context);

  // The sum at row y and column x.  y % size and x % size must be constants once loops are unrolled.
  Expr Sum(const Expr& n, const Expr& y, const Expr& x, const Expr& f) const;

  // Schedules the Funcs inside loops of `out`, outermost first: the transforms of the image in loop `task`, the
  // products of `block_filters` filters in loop `block`, and the sums of a tile for a vector of filters in loop
  // `vector`.  The filters are transformed at the top of the kernel.
  void Schedule(Func& out, const Var& task, const Var& block, const Var& vector, int block_filters,
                const LoopContext& context);

 private:
  void ScheduleTransforms(Func& out, const Var& task, int lanes, const LoopContext& context);

  const WinogradPlan plan_;
  // The number of contiguous filters in the transformed weights.  If vectors divide the filters, it is one vector, so
  // that the weights of a vector of filters for all channels are contiguous.  Otherwise it is all filters.
  const int filters_per_pack_;
  Var filter_{"filter"}, pack_{"pack"}, channel_{"channel"};
  Var group_{"group"};  // the images of a task
  Var tile_{"tile"};    // the number of a tile in its group, or, in row_results_, in its image
  Var n_{"n"};
  Var row_{"row"};  // a row of the kernel, or of the pixels under a tile
  Var x_{"x"};      // a column of the sums of a tile
  Var point_x_{"point_x"}, point_y_{"point_y"};
  // In filter_rows_ and image_rows_, only rows have been transformed.
  Func filter_rows_{"filter_rows"}, filters_{"filters"}, image_rows_{"image_rows"}, image_{"image"};
  Func product_{"product"}, products_{"products"};
  Func row_results_{"row_results"};  // the inverse transform along rows
  Halide::RVar summed_channel_;
};

Winograd::Winograd(const Tensor& image, const Weight& weight, const WinogradPlan& plan, const LoopContext& context)
    : plan_(plan), filters_per_pack_(plan.filters % plan.lanes == 0 ? plan.lanes : plan.filters) {
  const Transforms transforms = MakeTransforms(plan.size, plan.taps);
  const int points = plan.points();

  filter_rows_(filter_, channel_, point_x_, row_) =
      Halide::mux(row_, MakeTerms(plan.taps, [&](int a) {
                    return Transform(transforms.filter, points, point_x_,
                                     MakeTerms(plan.taps, [&](int b) { return weight(a, b, channel_, filter_); }));
                  }));
  const Expr filter = pack_ * filters_per_pack_ + filter_;
  filters_(filter_, channel_, pack_, point_x_, point_y_) =
      Transform(transforms.filter, points, point_y_,
                MakeTerms(plan.taps, [&](int a) { return filter_rows_(filter, channel_, point_x_, a); }));

  const Expr row = tile_ / plan.columns, column = tile_ % plan.columns;
  const Expr y = plan.images_per_task == 1 ? row : row % plan.rows;
  const Expr n = plan.images_per_task == 1
                     ? Expr(group_)
                     : Halide::min(group_ * plan.images_per_task + row / plan.rows, context.batch_extent - 1);
  image_rows_(channel_, point_x_, row_, tile_, group_) =
      Transform(transforms.input, points, point_x_, MakeTerms(points, [&](int b) {
                  return image({n, y * plan.size + row_, column * plan.size + b, channel_});
                }));
  image_(channel_, tile_, point_x_, point_y_, group_) =
      Transform(transforms.input, points, point_y_,
                MakeTerms(points, [&](int a) { return image_rows_(channel_, point_x_, a, tile_, group_); }));

  const RDom r(0, plan.channels_per_group(), "r");
  summed_channel_ = r;
  // All lanes of a vector have the same group, which Halide sees if it is that of the first one.
  const Expr first_channel =
      plan.groups == 1 ? Expr(0)
                       : filter_ / plan.lanes * plan.lanes / plan.filters_per_group() * plan.channels_per_group();
  product_(filter_, tile_, point_x_, point_y_, group_) = 0.0f;
  product_(filter_, tile_, point_x_, point_y_, group_) +=
      filters_(filter_ % filters_per_pack_, r, filter_ / filters_per_pack_, point_x_, point_y_) *
      image_(first_channel + r, tile_, point_x_, point_y_, group_);
  products_(filter_, tile_, point_x_, point_y_, group_) = product_(filter_, tile_, point_x_, point_y_, group_);

  // These results are indexed by image and tile of the image, since bounds inference cannot follow the number of a tile
  // in its group.
  const Expr task_tile = (n_ % plan.images_per_task) * (plan.rows * plan.columns) + tile_,
             group = n_ / plan.images_per_task;
  row_results_(filter_, x_, point_y_, tile_, n_) =
      Transform(transforms.output, plan.size, x_,
                MakeTerms(points, [&](int point) { return products_(filter_, task_tile, point, point_y_, group); }));
}

Expr Winograd::Sum(const Expr& n, const Expr& y, const Expr& x, const Expr& f) const {
  const Expr tile = y / plan_.size * plan_.columns + x / plan_.size;
  return Transform(
      MakeTransforms(plan_.size, plan_.taps).output, plan_.size, y % plan_.size,
      MakeTerms(plan_.points(), [&](int point) { return row_results_(f, x % plan_.size, point, tile, n); }));
}

void Winograd::Schedule(Func& out, const Var& task, const Var& block, const Var& vector, int block_filters,
                        const LoopContext& context) {
  const int lanes = plan_.lanes;
  const Tile tile = ChooseTile(TileWidth(plan_, block_filters, context), plan_.tiles_per_task(), context);
  const int filters_per_tile = lanes * tile.vectors;
  Var filter_tile, tile_filter, row_tile, tile_row;
  row_results_.compute_at(out, vector)
      .bound_extent(filter_, lanes)
      .bound_extent(x_, plan_.size)
      .bound_extent(point_y_, plan_.points())
      .bound_extent(tile_, 1);
  row_results_.reorder(filter_, x_, point_y_, tile_, n_).vectorize(filter_, lanes).unroll(x_).unroll(point_y_);

  products_.compute_at(out, block)
      .store_in(kOnStack)
      .bound_extent(filter_, block_filters)
      .bound_extent(tile_, plan_.tiles_per_task())
      .bound_extent(group_, 1)
      .bound_storage(tile_, StoredTiles(plan_));
  // A slice of the transformed filters stays in the first-level cache while all tiles of the task use it.
  products_.split(filter_, filter_tile, tile_filter, filters_per_tile)
      .split(tile_, row_tile, tile_row, tile.rows)
      .reorder(tile_filter, tile_row, row_tile, filter_tile, point_x_, point_y_)
      .vectorize(tile_filter, lanes)
      .unroll(tile_filter)
      .unroll(tile_row);
  product_.compute_at(products_, row_tile).vectorize(filter_, lanes).unroll(filter_).unroll(tile_);
  product_.update().reorder(filter_, tile_, summed_channel_).vectorize(filter_, lanes).unroll(filter_).unroll(tile_);
  ScheduleTransforms(out, task, lanes, context);
}

// Schedules the transforms of the image in loop `task` of `out`, and those of the filters at the top of the kernel.
void Winograd::ScheduleTransforms(Func& out, const Var& task, int lanes, const LoopContext& context) {
  const int channels = plan_.channels, channel_lanes = std::min(channels, context.lanes);
  image_.compute_at(out, task)
      .store_in(kOnStack)
      .bound_extent(channel_, channels)
      .bound_extent(tile_, plan_.tiles_per_task())
      .bound_extent(group_, 1)
      .bound_storage(tile_, StoredTiles(plan_));
  image_.reorder(point_x_, point_y_, channel_, tile_)
      .vectorize(channel_, channel_lanes)
      .unroll(point_x_)
      .unroll(point_y_);
  image_rows_.compute_at(image_, channel_).vectorize(channel_, channel_lanes).unroll(point_x_).unroll(row_);

  filters_.compute_root()
      .bound(filter_, 0, filters_per_pack_)
      .bound(channel_, 0, plan_.channels_per_group())
      .bound(pack_, 0, plan_.filters / filters_per_pack_)
      .bound(point_x_, 0, plan_.points())
      .bound(point_y_, 0, plan_.points());
  filters_.reorder(point_x_, point_y_, filter_, pack_, channel_)
      .vectorize(filter_, lanes)
      .unroll(point_x_)
      .unroll(point_y_)
      .parallel(channel_, CeilDiv(plan_.channels_per_group(), 8), TailStrategy::GuardWithIf);
  filter_rows_.compute_at(filters_, filter_).vectorize(filter_, lanes).unroll(point_x_).unroll(row_);
}

}  // namespace

std::string NeedsWinogradKernel(const ConvProblem& problem) {
  const Window& window = problem.window;
  if (window.size[0] != window.size[1] || (window.size[0] != 3 && window.size[0] != 5))
    return "its kernel is neither 3×3 nor 5×5";
  if (std::string reason = NeedsUnitStrides(problem); !reason.empty()) return reason;
  return NeedsNoDilation(problem);
}

std::string CanWinograd(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsWinogradKernel(conv); !reason.empty()) return reason;
  if (std::min(conv.channels, conv.filters) / conv.groups < kMinWinogradTerms)
    return "it has fewer than 16 channels or filters in a group, over which its rounding would exceed the error bound";
  if (conv.pooled() && (conv.pool_rows != 2 || conv.pool_columns != 2)) return "windows of its pool are not 2×2";
  const WinogradProblem problem = WinogradProblemOf(spec);
  if (problem.groups > 1 && 2 * LanesInGroup(problem.filters, problem.groups, machine) < machine.lanes)
    return "the filters of a group do not fill half a vector";
  if (problem.before[0] < 0 || problem.before[1] < 0) return "its pads exceed the reach of its taps";
  if (problem.height == 0 || problem.width == 0) return "its pool has no windows";
  if (!FitsStack(PlanWinograd(problem, machine))) return "transforms of a row of tiles do not fit a task's stack";
  return "";
}

Work CostWinograd(const KernelSpec& spec, const Machine& machine) {
  const WinogradProblem problem = WinogradProblemOf(spec);
  const WinogradPlan plan = PlanWinograd(problem, machine);
  const double tiles =
      double{1} * problem.batch * CeilDiv(plan.rows, plan.rows_per_task) * plan.rows_per_task * plan.columns;
  const double points = plan.points() * plan.points();
  const double filters = CeilDiv(problem.filters, machine.lanes) * machine.lanes;
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  work.products = tiles * points * (problem.channels / problem.groups) * filters;
  // The results of an input gradient are masked, and summed up for normalizations, more often than those of a
  // convolution.
  work.tile_utilization = (problem.is_rotated ? 0.7 : 0.88) * plan.lanes / std::min(problem.filters, machine.lanes);
  if (problem.groups > 1) work.tile_utilization *= kGroupUtilization;
  work.elementwise_operations += kTransformOperations * tiles * points * (problem.channels + filters);
  work.cache_bytes = 8 * tiles * points * (problem.channels + filters);
  // Each task reads all transformed filters, which come from beyond the second-level cache if they do not fit it.  If
  // they exceed it by far, they come as slowly as from memory.
  const double filter_bytes = 4 * points * (problem.channels / problem.groups) * filters;
  const double tasks =
      double{1} * CeilDiv(problem.batch, plan.images_per_task) * CeilDiv(plan.rows, plan.rows_per_task);
  const auto cache_bytes = static_cast<double>(machine.l2_bytes);
  if (filter_bytes > cache_bytes)
    (filter_bytes > 2 * cache_bytes ? work.memory_bytes : work.shared_bytes) += tasks * filter_bytes;
  return work;
}

ScheduledKernel BuildWinograd(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const WinogradProblem problem = WinogradProblemOf(spec);
  const WinogradPlan plan = PlanWinograd(problem, context);
  const Tensor input = problem.is_rotated ? builder.TrimmedImage(0) : builder.Read(spec.operand(0)),
               w = builder.Read(spec.operand(1));
  const int last_tap = problem.taps - 1;
  const auto weight = [&](int tap_row, int tap_column, const Expr& channel, const Expr& filter) {
    if (!problem.is_rotated) return w({tap_row, tap_column, channel, filter});
    const int filters_per_group = plan.filters_per_group();
    return w({last_tap - tap_row, last_tap - tap_column, filter % filters_per_group,
              filter / filters_per_group * plan.channels_per_group() + channel});
  };
  const int columns_with_border = plan.size * plan.columns + last_tap;
  const std::array<int, 2> size = {plan.size * plan.rows + last_tap, columns_with_border};
  BorderedImage image = FitsStackWithImage(plan)
                            ? builder.WithBorderInTask(input, problem.before, size)
                            : BorderedImage{builder.WithBorder(input, problem.before, size), false};
  Winograd winograd(image.tensor, weight, plan, context);

  const ImageAxes axes = AxesOfImage();
  Func out = MakeFunc("out", Axes(4), builder.LowerEpilogue(ToIndex(Axes(4)), [&](int row, int column) {
    return winograd.Sum(axes.n, axes.y * problem.pool_size + row, axes.x * problem.pool_size + column, axes.c);
  }));
  builder.AddOutput(out, spec.results);

  // The loops, innermost first, are over the results of a tile, vectors of filters, tiles, blocks of filters, and
  // tasks.
  const int height = problem.height / problem.pool_size, width = problem.width / problem.pool_size,
            filters = problem.filters;
  const int lanes = plan.lanes;
  const int results_per_tile = plan.size / problem.pool_size;  // along an axis, after the pool
  const int block_filters = std::min(filters / lanes * lanes, 4 * lanes);
  BoundImage(out, height, width, filters, context.batch_extent);
  Var task, row, y, x, column, block, vector, c, group, group_image;
  const auto tail = [&](int extent) {
    return extent % results_per_tile == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf;
  };
  out.split(axes.c, block, c, block_filters, TailStrategy::ShiftInwards).split(c, vector, c, lanes);
  out.split(axes.y, row, y, results_per_tile, tail(height)).split(axes.x, column, x, results_per_tile, tail(width));
  out.split(row, task, row, plan.rows_per_task, TailStrategy::ShiftInwards);
  out.split(axes.n, group, group_image, plan.images_per_task,
            plan.images_per_task == 1 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf);
  out.reorder(c, x, y, vector, column, row, group_image, block, task, group).vectorize(c).unroll(x).unroll(y);
  const std::vector<Loop> loops = {{group, CeilDiv(context.batch_size, plan.images_per_task)},
                                   {task, CeilDiv(plan.rows, plan.rows_per_task)}};
  const ParallelLoop parallel = ParallelizeOuterLoops(out, loops, context);
  const Var task_loop = parallel.LoopAfterFusion(task);
  winograd.Schedule(out, task_loop, block, vector, block_filters, context);
  builder.CopyInTask(image, out, task_loop, plan.images_per_task, plan.size * plan.rows_per_task + last_tap,
                     columns_with_border, problem.channels);
  return builder.Finish();
}

}  // namespace brine::codegen
