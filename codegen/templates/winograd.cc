#include "codegen/templates/winograd.h"

#include <algorithm>

#include "codegen/templates/winograd_transforms.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kTaps = 3;
constexpr int64_t kTransformBytes = 128 << 10;  // of a task's transforms: a quarter of a second-level cache of 512 KB
constexpr int64_t kMostTransformBytes = 448 << 10;  // where that saves rows from being computed twice
constexpr int64_t kMostOfMegabyte =
    704 << 10;                             // the same on cores with AVX-512, whose second-level cache has 1 MB or more
constexpr int64_t kMostStack = 768 << 10;  // of a thread's; kernel.cc allows 1 MB
constexpr double kSmallTile = 1.15,
                 kTaskTiles = 3;  // a tile that fills half of the registers takes longer; a task's own cost in tiles
constexpr int kEnoughTiles =
    24;  // of a task, so that transformed filters, which may be megabytes, are read seldom enough
constexpr int64_t kFewestTasks = 8;  // for the sake of which a task takes fewer pictures

// Tiles between a point's elements and the next one's: a tile's points are written at once, and an odd number keeps
// them out of each other's sets of a cache.
int Apart(const WinogradPlan& plan) { return plan.tiles() | 1; }

int Tiles(int extent, int size) { return (extent + size - 1) / size; }

// Multiplications and additions for a picture: products, and what the transforms cost beside them.
int64_t Cost(int height, int width, int channels, int filters, int size) {
  const int64_t points = size + kTaps - 1, tiles = int64_t{Tiles(height, size)} * Tiles(width, size);
  return tiles * points * points * (int64_t{channels} * filters + 6 * (channels + filters));
}

}  // namespace

WinogradPlan PlanWinograd(int height, int width, int channels, int filters, const Machine& machine) {
  const int size = Cost(height, width, channels, filters, 4) < Cost(height, width, channels, filters, 2) ? 4 : 2;
  const int block = std::min(filters, 4 * machine.lanes), points = size + kTaps - 1;
  const int64_t tile_bytes = int64_t{points} * points * (int64_t{channels} + block) * 4;
  WinogradPlan plan = {size, Tiles(height, size), Tiles(width, size), 1, 1, channels, filters, tile_bytes};
  const int64_t most_tiles = (kMostStack / tile_bytes - 1) | 1;  // an odd number, see Apart
  const auto tiles =
      static_cast<int>(std::min(std::max<int64_t>(kTransformBytes / tile_bytes, kEnoughTiles), most_tiles));
  const int64_t most_bytes = machine.lanes >= 16 ? kMostOfMegabyte : kMostTransformBytes;
  // The last task is shifted inwards, so that all take as many rows: as few as can be are computed twice.
  double least = 0;
  for (int rows = 1; rows <= plan.rows; ++rows) {
    const int task_tiles = rows * plan.columns;
    if (rows > 1 && task_tiles > tiles && task_tiles * tile_bytes > most_bytes) break;
    const Tile tile = ChooseTile(block, task_tiles, machine.lanes, machine.registers);
    const double full = tile.vectors * tile.rows * 2 > machine.registers ? 1 : kSmallTile;
    const double cost = Parts(plan.rows, rows) * (Parts(task_tiles, tile.rows) * tile.rows * full + kTaskTiles);
    if (rows > 1 && cost >= least) continue;
    least = cost;
    plan.task_rows = rows;
  }
  if (plan.task_rows == plan.rows)
    plan.pictures = static_cast<int>(std::clamp<int64_t>(tiles / (plan.rows * plan.columns), 1,
                                                         std::max<int64_t>(machine.batch_size / kFewestTasks, 1)));
  return plan;
}

bool FitsStack(const WinogradPlan& plan) { return Apart(plan) * plan.tile_bytes <= kMostStack; }

Winograd::Winograd(const Tensor& image, const Weight& weight, const WinogradPlan& plan, const Machine& machine)
    : plan_(plan), pack_(plan.filters % machine.lanes == 0 ? machine.lanes : plan.filters) {
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

  // Tile t of a task's pictures; a_ is a line of the tile.
  const Expr row = t_ / plan.columns, column = t_ % plan.columns;
  const Expr y = plan.pictures == 1 ? row : row % plan.rows;
  const Expr n = plan.pictures == 1 ? Expr(g_) : Halide::min(g_ * plan.pictures + row / plan.rows, machine.rows - 1);
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

  // By picture and tile of it, which bounds inference can tell apart; a tile of a task it could not.
  const Expr tile = (n_ % plan.pictures) * (plan.rows * plan.columns) + t_, group = n_ / plan.pictures;
  halves_(k_, d_, f_, t_, n_) = Transform(transforms.output, plan.size, d_,
                                          Each(points, [&](int e) { return products_(k_, tile, e, f_, group); }));
}

Expr Winograd::At(const Expr& n, const Expr& y, const Expr& x, const Expr& f) const {
  const Expr tile = y / plan_.size * plan_.columns + x / plan_.size;
  return Transform(MakeTransforms(plan_.size, kTaps).output, plan_.size, y % plan_.size,
                   Each(plan_.points(), [&](int line) { return halves_(f, x % plan_.size, line, tile, n); }));
}

void Winograd::Schedule(Func& out, const Var& task, const Var& block, const Var& vector, int block_filters,
                        const Machine& machine) {
  const int channels = plan_.channels, filters = plan_.filters;
  const int lanes = std::min(filters, machine.lanes), channel_lanes = std::min(channels, machine.lanes);
  const Tile tile = ChooseTile(block_filters, plan_.tiles(), machine.lanes, machine.registers);
  const int across = lanes * tile.vectors;
  Var ko, ki, to, ti;
  halves_.compute_at(out, vector)
      .bound_extent(k_, lanes)
      .bound_extent(d_, plan_.size)
      .bound_extent(f_, plan_.points())
      .bound_extent(t_, 1);
  halves_.reorder(k_, d_, f_, t_, n_).vectorize(k_, lanes).unroll(d_).unroll(f_);

  const int apart = Apart(plan_);
  products_.compute_at(out, block)
      .store_in(kOnStack)
      .bound_extent(k_, block_filters)
      .bound_extent(t_, plan_.tiles())
      .bound_storage(t_, apart);
  // A slice of transformed filters stays in the first-level cache while all tiles of the task pass by.
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
      .bound_storage(t_, apart);
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

}  // namespace brine::codegen
