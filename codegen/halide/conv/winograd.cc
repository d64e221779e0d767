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

constexpr int kTaps = 3;
constexpr int64_t kMaxStack = 768 << 10;  // of a thread's; kernel.cc allows 1 MB
constexpr double kSmallTile = 1.15;       // relative time of a tile that fills half of the registers or less
constexpr double kTaskTiles = 3;          // the constant cost of a task, in tiles
constexpr int kEnoughTiles = 24;  // of a task, so that the transformed filters, which may be megabytes, are read rarely
constexpr int64_t kMinTasks = 8;  // a task takes fewer images if there would be fewer tasks

// The convolution that is computed: of x with w, or, for the input gradient at stride 1, of dy with the kernel rotated
// by 180 degrees:
//   dx[n, i, j, c] = Σ over a, b, f of dy[n, i + a − (2 − pad), j + b − …, f] · w[2 − a, 2 − b, c, f]
struct WinogradProblem {
  bool rotated;
  int height, width;      // of the sums
  int channels, filters;  // summed over; of the sums
  int before[2];          // rows and columns of zeros before the image
  int pool;               // side of the pool's windows; 1 if there is no pool
  int64_t batch;
};

WinogradProblem WinogradProblemOf(const KernelSpec& spec) {
  const ConvProblem conv = ConvProblemOf(spec);
  const int(&pads)[2] = conv.window.before;
  if (conv.direction == ConvDirection::kInputGrad) {
    return {true, conv.height, conv.width, conv.filters, conv.channels, {2 - pads[0], 2 - pads[1]}, 1, conv.batch};
  }
  // Sums past the last window of the pool are not needed.
  const int pool = conv.pool_rows;
  return {false,
          conv.rows / pool * pool,
          conv.columns / pool * pool,
          conv.channels,
          conv.filters,
          {pads[0], pads[1]},
          pool,
          conv.batch};
}

// How the results of a convolution are cut: into tiles of size × size results, and these into tasks.  A task takes some
// rows of tiles of one image, or some whole images.
struct WinogradPlan {
  int size;
  int rows, columns;  // tiles of an image
  int task_rows;      // rows of tiles; all of them if a task takes several images
  int images;         // of a task
  int channels, filters;

  int points() const { return size + kTaps - 1; }
  int tiles() const { return images * task_rows * columns; }  // of a task
  int64_t tile_bytes;  // of transforms and products that a task keeps for each of its tiles
};

// The stride between the points of a tile, in tiles.  The points of a tile are written together, and an odd stride puts
// them into different sets of a cache.
int TileStride(const WinogradPlan& plan) { return plan.tiles() | 1; }

// Multiplications and additions for an image: the products and the transforms.
int64_t TileOperations(const WinogradProblem& problem, int size) {
  const int64_t points = size + kTaps - 1;
  const int64_t tiles = int64_t{CeilDiv(problem.height, size)} * CeilDiv(problem.width, size);
  const int64_t channels = problem.channels, filters = problem.filters;
  return tiles * points * points * (channels * filters + 6 * (channels + filters));
}

// The transforms and products of a task lie on its stack, and the smallest task is one row of tiles: see FitsStack.
WinogradPlan PlanWinograd(const WinogradProblem& problem, const Machine& machine) {
  const int size = TileOperations(problem, 4) < TileOperations(problem, 2) ? 4 : 2;
  const int block = std::min(problem.filters, 4 * machine.lanes), points = size + kTaps - 1;
  const int64_t tile_bytes = int64_t{points} * points * (int64_t{problem.channels} + block) * 4;
  WinogradPlan plan = {
      size,      CeilDiv(problem.height, size), CeilDiv(problem.width, size), 1, 1, problem.channels, problem.filters,
      tile_bytes};
  const int64_t most_tiles = (kMaxStack / tile_bytes - 1) | 1;  // an odd number, see TileStride
  // Transforms fill a few first-level caches, or most of the second-level one where this avoids computing rows twice.
  const auto tiles =
      static_cast<int>(std::min(std::max<int64_t>(4 * machine.l1_bytes / tile_bytes, kEnoughTiles), most_tiles));
  const int64_t most_bytes = std::min<int64_t>(machine.l2_bytes / 8 * 7, kMaxStack - (64 << 10));
  // The last task is shifted inwards, so that all tasks have equally many rows.  This number is chosen such that few
  // rows are computed twice.
  double least = 0;
  for (int rows = 1; rows <= plan.rows; ++rows) {
    const int task_tiles = rows * plan.columns;
    if (rows > 1 && task_tiles > tiles && task_tiles * tile_bytes > most_bytes) break;
    const Tile tile = ChooseTile(block, task_tiles, machine);
    const double full = tile.vectors * tile.rows * 2 > machine.registers ? 1 : kSmallTile;
    const double cost = CeilDiv(plan.rows, rows) * (CeilDiv(task_tiles, tile.rows) * tile.rows * full + kTaskTiles);
    if (rows > 1 && cost >= least) continue;
    least = cost;
    plan.task_rows = rows;
  }
  if (plan.task_rows == plan.rows) {
    const int64_t most = std::max<int64_t>(problem.batch / kMinTasks, 1);
    plan.images = static_cast<int>(std::clamp<int64_t>(tiles / (plan.rows * plan.columns), 1, most));
  }
  return plan;
}

bool FitsStack(const WinogradPlan& plan) { return TileStride(plan) * plan.tile_bytes <= kMaxStack; }

// y[n, i, j, f] = Σ over a, b, c of image[n, i + a, j + b, c] · weight(a, b, c, f)
class Winograd {
 public:
  using Weight = std::function<Expr(int a, int b, const Expr& c, const Expr& f)>;

  // `image` has size·rows + 2 by size·columns + 2 pixels at least.
  Winograd(const Tensor& image, const Weight& weight, const WinogradPlan& plan, const LoopContext& context);

  // y % size and x % size must be constants once loops are unrolled.
  Expr At(const Expr& n, const Expr& y, const Expr& x, const Expr& f) const;

  // Computes the transforms of the image in loop `task` of `out`; the products for `block_filters` filters in loop
  // `block`, inside it; and the sums of a tile for a vector of filters in loop `vector`, inside that.
  void Schedule(Func& out, const Var& task, const Var& block, const Var& vector, int block_filters,
                const LoopContext& context);

 private:
  const WinogradPlan plan_;
  const int pack_;  // filters that lie beside each other: a vector of them for all channels is one run of memory, where
                    // that is possible
  Var k_{"k"}, t_{"t"}, g_{"g"}, c_{"c"}, e_{"e"}, f_{"f"}, a_{"a"}, d_{"d"}, n_{"n"}, v_{"v"};
  Func filter_rows_{"filter_rows"}, filters_{"filters"}, image_rows_{"image_rows"}, image_{"image"};
  Func product_{"product"}, products_{"products"}, halves_{"halves"};
  Halide::RVar r_;
};

Winograd::Winograd(const Tensor& image, const Weight& weight, const WinogradPlan& plan, const LoopContext& context)
    : plan_(plan), pack_(plan.filters % context.lanes == 0 ? context.lanes : plan.filters) {
  const Transforms transforms = MakeTransforms(plan.size, kTaps);
  const int points = plan.points();

  // a_ is the kernel's row.
  filter_rows_(k_, c_, e_, a_) = Halide::mux(
      a_, Each(kTaps, [&](int a) {
        return Transform(transforms.filter, points, e_, Each(kTaps, [&](int b) { return weight(a, b, c_, k_); }));
      }));
  const Expr filter = v_ * pack_ + k_;
  filters_(k_, c_, v_, e_, f_) =
      Transform(transforms.filter, points, f_, Each(kTaps, [&](int a) { return filter_rows_(filter, c_, e_, a); }));

  // Tile t of a task's images; a_ is a row of the tile.
  const Expr row = t_ / plan.columns, column = t_ % plan.columns;
  const Expr y = plan.images == 1 ? row : row % plan.rows;
  const Expr n = plan.images == 1 ? Expr(g_) : Halide::min(g_ * plan.images + row / plan.rows, context.rows - 1);
  image_rows_(c_, e_, a_, t_, g_) = Transform(transforms.input, points, e_, Each(points, [&](int b) {
                                                return image({n, y * plan.size + a_, column * plan.size + b, c_});
                                              }));
  image_(c_, t_, e_, f_, g_) =
      Transform(transforms.input, points, f_, Each(points, [&](int a) { return image_rows_(c_, e_, a, t_, g_); }));

  const RDom r(0, plan.channels, "r");
  r_ = r;
  product_(k_, t_, e_, f_, g_) = 0.0f;
  product_(k_, t_, e_, f_, g_) += filters_(k_ % pack_, r, k_ / pack_, e_, f_) * image_(r, t_, e_, f_, g_);
  products_(k_, t_, e_, f_, g_) = product_(k_, t_, e_, f_, g_);

  // The index is by image and tile of the image, which bounds inference can follow; it could not follow the tile of a
  // task.
  const Expr tile = (n_ % plan.images) * (plan.rows * plan.columns) + t_, group = n_ / plan.images;
  halves_(k_, d_, f_, t_, n_) = Transform(transforms.output, plan.size, d_,
                                          Each(points, [&](int e) { return products_(k_, tile, e, f_, group); }));
}

Expr Winograd::At(const Expr& n, const Expr& y, const Expr& x, const Expr& f) const {
  const Expr tile = y / plan_.size * plan_.columns + x / plan_.size;
  return Transform(MakeTransforms(plan_.size, kTaps).output, plan_.size, y % plan_.size,
                   Each(plan_.points(), [&](int line) { return halves_(f, x % plan_.size, line, tile, n); }));
}

void Winograd::Schedule(Func& out, const Var& task, const Var& block, const Var& vector, int block_filters,
                        const LoopContext& context) {
  const int channels = plan_.channels, filters = plan_.filters;
  const int lanes = std::min(filters, context.lanes), channel_lanes = std::min(channels, context.lanes);
  const Tile tile = ChooseTile(block_filters, plan_.tiles(), context);
  const int across = lanes * tile.vectors;
  Var ko, ki, to, ti;
  halves_.compute_at(out, vector)
      .bound_extent(k_, lanes)
      .bound_extent(d_, plan_.size)
      .bound_extent(f_, plan_.points())
      .bound_extent(t_, 1);
  halves_.reorder(k_, d_, f_, t_, n_).vectorize(k_, lanes).unroll(d_).unroll(f_);

  const int stride = TileStride(plan_);
  products_.compute_at(out, block)
      .store_in(kOnStack)
      .bound_extent(k_, block_filters)
      .bound_extent(t_, plan_.tiles())
      .bound_storage(t_, stride);
  // A slice of the transformed filters stays in the first-level cache while all tiles of the task use it.
  products_.split(k_, ko, ki, across)
      .split(t_, to, ti, tile.rows)
      .reorder(ki, ti, to, ko, e_, f_)
      .vectorize(ki, lanes)
      .unroll(ki)
      .unroll(ti);
  product_.compute_at(products_, to).vectorize(k_, lanes).unroll(k_).unroll(t_);
  product_.update().reorder(k_, t_, r_).vectorize(k_, lanes).unroll(k_).unroll(t_);

  image_.compute_at(out, task)
      .store_in(kOnStack)
      .bound_extent(c_, channels)
      .bound_extent(t_, plan_.tiles())
      .bound_storage(t_, stride);
  image_.reorder(e_, f_, c_, t_).vectorize(c_, channel_lanes).unroll(e_).unroll(f_);
  image_rows_.compute_at(image_, c_).vectorize(c_, channel_lanes).unroll(e_).unroll(a_);

  filters_.compute_root()
      .bound(k_, 0, pack_)
      .bound(c_, 0, channels)
      .bound(v_, 0, filters / pack_)
      .bound(e_, 0, plan_.points())
      .bound(f_, 0, plan_.points());
  filters_.reorder(e_, f_, k_, v_, c_)
      .vectorize(k_, lanes)
      .unroll(e_)
      .unroll(f_)
      .parallel(c_, (channels + 7) / 8, TailStrategy::GuardWithIf);
  filter_rows_.compute_at(filters_, k_).vectorize(k_, lanes).unroll(e_).unroll(a_);
}

}  // namespace

std::string NeedsWinogradKernel(const ConvProblem& problem) {
  const Window& window = problem.window;
  if (std::string reason = NeedsOneGroup(problem); !reason.empty()) return reason;
  if (window.size[0] != kTaps || window.size[1] != kTaps) return "its kernel is not 3×3";
  if (std::string reason = NeedsUnitStrides(problem); !reason.empty()) return reason;
  return NeedsNoDilation(problem);
}

std::string CanWinograd(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsWinogradKernel(conv); !reason.empty()) return reason;
  if (std::min(conv.channels, conv.filters) < kMinWinogradTerms)
    return "it has fewer than 16 channels or filters, over which its rounding would exceed the bound of errors";
  if (conv.pooled() && (conv.pool_rows != 2 || conv.pool_columns != 2)) return "windows of its pool are not 2×2";
  const WinogradProblem problem = WinogradProblemOf(spec);
  if (problem.before[0] < 0 || problem.before[1] < 0) return "its pads exceed 2";
  if (problem.height == 0 || problem.width == 0) return "its pool has no windows";
  if (!FitsStack(PlanWinograd(problem, machine))) return "transforms of a row of tiles do not fit a task's stack";
  return "";
}

Work CostWinograd(const KernelSpec& spec, const Machine& machine) {
  const WinogradProblem problem = WinogradProblemOf(spec);
  const WinogradPlan plan = PlanWinograd(problem, machine);
  const double tiles = double{1} * problem.batch * CeilDiv(plan.rows, plan.task_rows) * plan.task_rows * plan.columns;
  const double points = plan.points() * plan.points();
  const double filters = CeilDiv(problem.filters, machine.lanes) * machine.lanes;
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  work.products = tiles * points * problem.channels * filters;
  // Each point of the two transforms takes about six operations.
  work.elementwise += 6 * tiles * points * (problem.channels + filters);
  work.cache_bytes = 8 * tiles * points * (problem.channels + filters);
  return work;
}

ScheduledKernel BuildWinograd(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const WinogradProblem problem = WinogradProblemOf(spec);
  const WinogradPlan plan = PlanWinograd(problem, context);
  const Tensor input = problem.rotated ? builder.TrimmedImage(0) : builder.Read(spec.operand(0)),
               w = builder.Read(spec.operand(1));
  const auto weight = [&](int a, int b, const Expr& c, const Expr& f) {
    return problem.rotated ? w({2 - a, 2 - b, f, c}) : w({a, b, c, f});
  };
  const Tensor image =
      builder.WithBorder(input, problem.before, {plan.size * plan.rows + 2, plan.size * plan.columns + 2});
  Winograd winograd(image, weight, plan, context);

  const ImageAxes at = AxesOfImage();
  Func out = MakeFunc("out", Axes(4), builder.Results(ToIndex(Axes(4)), [&](int row, int column) {
    return winograd.At(at.n, at.y * problem.pool + row, at.x * problem.pool + column, at.c);
  }));
  builder.AddOutput(out, spec.results);

  // Loops, innermost first: the elements of a tile, vectors of filters, tiles, blocks of filters, tasks.
  const int height = problem.height / problem.pool, width = problem.width / problem.pool, filters = problem.filters;
  const int lanes = std::min(filters, context.lanes),
            each = plan.size / problem.pool;  // each: results of a tile, after the pool, along an axis
  const int block_filters = std::min(filters / lanes * lanes, 4 * lanes);
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, context.rows);
  Var task, row, y, x, column, block, vector, c, group, member;
  const auto tail = [&](int extent) { return extent % each == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf; };
  out.split(at.c, block, c, block_filters, TailStrategy::ShiftInwards).split(c, vector, c, lanes);
  out.split(at.y, row, y, each, tail(height)).split(at.x, column, x, each, tail(width));
  out.split(row, task, row, plan.task_rows, TailStrategy::ShiftInwards);
  out.split(at.n, group, member, plan.images, plan.images == 1 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf);
  out.reorder(c, x, y, vector, column, row, member, block, task, group).vectorize(c).unroll(x).unroll(y);
  const std::vector<Loop> loops = {{group, CeilDiv(context.batch_size, plan.images)},
                                   {task, CeilDiv(plan.rows, plan.task_rows)}};
  const Task parallel = Parallel(out, loops);
  winograd.Schedule(out, parallel.At(loops, 1), block, vector, block_filters, context);
  return builder.Finish();
}

}  // namespace brine::codegen
