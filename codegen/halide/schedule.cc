#include "codegen/halide/schedule.h"

#include <algorithm>

#include "ir/check.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;
using Halide::VarOrRVar;

namespace {

constexpr int64_t kWorthTasks = 1 << 14;  // a smaller loop is done before a second thread wakes up
// The elements of one task of an elementwise loop; a half or a quarter of that takes as long.
constexpr int64_t kTaskElements = 1 << 14;
constexpr int kUnrolledDomain = 16;  // the most steps of a reduction that is unrolled

// The extent along Halide's axis `axis`, for the largest n.
int64_t Extent(const LoopNest& nest, const LoopContext& context, int axis) {
  const ir::Dim dim = nest.shape[nest.shape.size() - 1 - static_cast<size_t>(axis)];
  return dim == ir::kBatch ? context.batch_size : dim;
}

bool IsBatch(const LoopNest& nest, int axis) {
  return nest.shape[nest.shape.size() - 1 - static_cast<size_t>(axis)] == ir::kBatch;
}

int64_t Elements(const LoopNest& nest, const LoopContext& context) {
  int64_t elements = 1;
  for (int axis = 0; axis < static_cast<int>(nest.shape.size()); ++axis) elements *= Extent(nest, context, axis);
  return elements;
}

// The number of steps of the reduction for one element; a large number if it is not a constant.
int64_t Steps(const Accumulator& accumulator) {
  int64_t steps = 1;
  for (int axis = 0; axis < accumulator.domain.dimensions(); ++axis) {
    const auto extent = Halide::Internal::as_const_int(accumulator.domain[axis].extent());
    if (!extent.has_value()) return int64_t{1} << 20;
    steps *= *extent;
  }
  return steps;
}

std::vector<VarOrRVar> Domain(const Accumulator& accumulator) {
  std::vector<VarOrRVar> vars;
  for (int axis = 0; axis < accumulator.domain.dimensions(); ++axis) vars.push_back(RVar(accumulator.domain[axis]));
  return vars;
}

int VectorWidth(int64_t extent, int lanes) { return static_cast<int>(std::min<int64_t>(extent, lanes)); }

// No reduction: vectors along axis 0, or, if axis 0 does not fill them, along all axes below the outermost one.
void ScheduleElementwise(LoopNest& nest, const LoopContext& context) {
  Func& func = nest.func;
  const int rank = static_cast<int>(nest.shape.size());
  if (rank == 0) return;
  const bool parallel = Elements(nest, context) >= kWorthTasks;
  Var inner = Axis(0);
  int64_t extent = Extent(nest, context, 0);
  const auto vectorize = [&] {
    const int width = VectorWidth(extent, context.far_lanes);
    if (width == 1) return width;
    Var vector, lane;
    func.split(inner, vector, lane, width, TailStrategy::GuardWithIf).vectorize(lane);
    inner = vector;
    return width;
  };
  std::vector<Loop> outer;
  if (rank == 1) {
    // Vectors are formed before chunks.  The other way round, the last chunk would be of full length, and its vectors
    // past the end would be computed under a mask.
    const int width = vectorize();
    if (parallel) {
      Var chunk;
      const int64_t each = IsBatch(nest, 0) ? kTaskElements : CeilDiv(extent, kTasks);
      const int64_t vectors = CeilDiv(each, 4 * context.lanes) * 4 * context.lanes / width;
      func.split(inner, chunk, inner, static_cast<int>(vectors), TailStrategy::GuardWithIf);
      outer.push_back({chunk, CeilDiv(extent, vectors * width)});
    }
  } else {
    if (nest.flat && extent % context.lanes != 0) {
      // n, the outermost axis if there is one, stays a loop.
      for (int axis = 1; axis + 1 < rank; ++axis) {
        Var fused;
        func.fuse(inner, Axis(axis), fused);
        inner = fused;
        extent *= Extent(nest, context, axis);
      }
      outer.push_back({Axis(rank - 1), Extent(nest, context, rank - 1)});
    } else {
      for (int axis = rank - 1; axis > 0; --axis) outer.push_back({Axis(axis), Extent(nest, context, axis)});
    }
    vectorize();
  }
  if (parallel && !outer.empty()) Parallel(func, outer, Elements(nest, context) / kTaskElements);
}

void VectorizeAccumulator(Accumulator& accumulator, int width, bool unroll_vectors) {
  Func& func = accumulator.func;
  const Var x = Axis(0);
  std::vector<VarOrRVar> order = {x};
  for (const VarOrRVar& var : Domain(accumulator)) order.push_back(var);
  if (accumulator.kind != Accumulator::Kind::kRow && func.dimensions() > 0 && width > 1) {
    func.vectorize(x, width);
    if (unroll_vectors) func.unroll(x);
    Halide::Stage update = func.update();
    update.reorder(order).vectorize(x, width);
    if (unroll_vectors) update.unroll(x);
  } else {
    func.update().unscheduled();
  }
  if (Steps(accumulator) <= kUnrolledDomain && accumulator.kind == Accumulator::Kind::kWindow && width > 1) {
    Halide::Stage update = func.update();
    for (int axis = 0; axis < accumulator.domain.dimensions(); ++axis) update.unroll(RVar(accumulator.domain[axis]));
  }
}

// Few steps for each element: each block of vectors computes its own sums.
void ScheduleWindows(LoopNest& nest, const LoopContext& context) {
  Func& func = nest.func;
  const int rank = static_cast<int>(nest.shape.size());
  bool rows = false;
  int64_t steps = 1;
  for (const Accumulator& accumulator : nest.accumulators) {
    rows = rows || accumulator.kind != Accumulator::Kind::kWindow;
    steps = std::max(steps, Steps(accumulator));
  }
  if (rank == 0 || (rank == 1 && rows)) {
    for (Accumulator& accumulator : nest.accumulators) {
      accumulator.func.compute_root();
      accumulator.func.update().unscheduled();
    }
    if (rank == 1 && VectorWidth(Extent(nest, context, 0), context.lanes) > 1) {
      func.vectorize(Axis(0), VectorWidth(Extent(nest, context, 0), context.lanes), TailStrategy::GuardWithIf);
    }
    return;
  }
  const int64_t extent = Extent(nest, context, 0);
  const bool parallel = Elements(nest, context) * steps >= kWorthTasks;
  std::vector<Loop> outer;
  for (int axis = rank - 1; axis > 0; --axis) outer.push_back({Axis(axis), Extent(nest, context, axis)});
  if (rows) {
    // Each row computes its sum first, and then its elements.
    const Var row = parallel ? Parallel(func, outer).At(outer, outer.size() - 1) : Axis(1);
    for (Accumulator& accumulator : nest.accumulators) {
      accumulator.func.compute_at(func, row);
      accumulator.func.update().unscheduled();
    }
    if (VectorWidth(extent, context.lanes) > 1)
      func.vectorize(Axis(0), VectorWidth(extent, context.lanes), TailStrategy::GuardWithIf);
    return;
  }
  // If n is the vectorized axis and less than a vector, ShiftInwards would begin before the first element.
  const bool batch = IsBatch(nest, 0);
  const int width = batch ? 1 : VectorWidth(extent, context.lanes);
  int vectors = 1;
  while (vectors < 4 && steps > kUnrolledDomain && 2 * vectors * width <= extent && width > 1) vectors *= 2;
  Var block, inside;
  func.split(Axis(0), block, inside, vectors * width, batch ? TailStrategy::GuardWithIf : TailStrategy::ShiftInwards);
  if (width > 1) func.vectorize(inside, width);
  if (vectors > 1) func.unroll(inside);
  outer.push_back({block, (extent + vectors * width - 1) / (vectors * width)});
  const Var task = parallel ? Parallel(func, outer).At(outer, outer.size() - 1) : block;
  for (Accumulator& accumulator : nest.accumulators) {
    accumulator.func.compute_at(func, task);
    VectorizeAccumulator(accumulator, width, vectors > 1);
  }
}

// Matrix products: a register tile of sums runs through the whole reduction.
void ScheduleTiles(LoopNest& nest, const LoopContext& context) {
  Func& func = nest.func;
  const int rank = static_cast<int>(nest.shape.size());
  const int64_t width = Extent(nest, context, 0), height = rank > 1 ? Extent(nest, context, 1) : 1;
  const bool ragged = rank > 1 && IsBatch(nest, 1);  // n is along the rows of the tile
  const Tile tile = ChooseTile(width, height, context);
  const int vector = VectorWidth(width, context.lanes), across = vector * tile.vectors;

  Var column, x, row, y;
  func.split(Axis(0), column, x, across, TailStrategy::ShiftInwards);
  std::vector<VarOrRVar> order = {x};
  if (rank > 1) {
    func.split(Axis(1), row, y, tile.rows, ragged ? TailStrategy::GuardWithIf : TailStrategy::ShiftInwards);
    order.push_back(y);
    order.push_back(row);
  }
  // For images, the loop over columns lies outside the loop over rows of an image, so that the weights of a column stay
  // in the first-level cache.
  std::vector<Loop> outer;
  order.push_back(column);
  for (int axis = 2; axis < rank; ++axis) order.push_back(Axis(axis));
  for (int axis = rank - 1; axis >= 2; --axis) outer.push_back({Axis(axis), Extent(nest, context, axis)});
  const int64_t columns = (width + across - 1) / across, rows = (height + tile.rows - 1) / tile.rows;
  if (!nest.panels.empty() && rank == 2 && columns < kTasks) {
    // Each chunk of rows computes its own panels.
    Var chunk;
    const int64_t chunks = (kTasks + columns - 1) / columns, each = (rows + chunks - 1) / chunks;
    func.split(row, chunk, row, static_cast<int>(each),
               ragged ? TailStrategy::GuardWithIf : TailStrategy::ShiftInwards);
    order.push_back(chunk);
    outer.push_back({chunk, (rows + each - 1) / each});
  }
  outer.push_back({column, columns});
  if (rank > 1 && nest.panels.empty()) outer.push_back({row, rows});
  func.reorder(order);
  if (vector > 1) func.vectorize(x, vector);
  func.unroll(x);
  if (rank > 1) func.unroll(y);
  const Task task = Parallel(func, outer);
  const bool row_is_outer = rank > 1 && nest.panels.empty();
  const Var column_at = task.At(outer, outer.size() - (row_is_outer ? 2 : 1));
  const Var inner = rank == 1 ? column_at : row_is_outer ? task.At(outer, outer.size() - 1) : row;

  for (Accumulator& accumulator : nest.accumulators) {
    Func& sum = accumulator.func;
    sum.compute_at(func, inner);
    if (accumulator.kind != Accumulator::Kind::kTile) {
      accumulator.func.update().unscheduled();
      continue;
    }
    const Var sx = Axis(0), sy = Axis(1);
    std::vector<VarOrRVar> sum_order = {sx};
    if (rank > 1) sum_order.push_back(sy);
    for (const VarOrRVar& var : Domain(accumulator)) sum_order.push_back(var);
    Halide::Stage update = sum.update();
    update.reorder(sum_order);
    if (ragged) sum.bound_extent(sy, tile.rows);
    if (vector > 1) {
      sum.vectorize(sx, vector);
      update.vectorize(sx, vector);
    }
    sum.unroll(sx);
    update.unroll(sx);
    if (rank > 1) {
      sum.unroll(sy);
      update.unroll(sy);
    }
  }
  for (Func& panel : nest.panels) {
    panel.compute_at(func, column_at).store_in(kOnStack);
    if (vector > 1) panel.vectorize(Axis(0), vector);
  }
}

}  // namespace

Task Parallel(Func& func, const std::vector<Loop>& outermost_first, int64_t most_tasks) {
  BRINE_CHECK(!outermost_first.empty());
  Task task = {outermost_first[0].var, 1};
  int64_t tasks = outermost_first[0].extent;
  for (; task.loops < outermost_first.size() && tasks < kTasks; ++task.loops) {
    Var fused;
    func.fuse(outermost_first[task.loops].var, task.innermost, fused);
    task.innermost = fused;
    tasks *= outermost_first[task.loops].extent;
  }
  most_tasks = std::clamp<int64_t>(most_tasks, 2, 4 * kTasks);
  if (tasks > most_tasks) {
    Var chunk, within;
    func.split(task.innermost, chunk, within, CeilDiv(tasks, most_tasks), TailStrategy::GuardWithIf).parallel(chunk);
    task.innermost = within;
  } else if (tasks > 1) {
    func.parallel(task.innermost);
  }
  return task;
}

Tile ChooseTile(int64_t width, int64_t height, const Machine& machine, int cells) {
  constexpr int kMaxVectors = 4, kMaxRows = 14;  // more rows of single sums need more code and gain nothing
  Tile best = {1, 1};
  double best_rate = 0;
  const int64_t vector = cells == 1 ? std::min<int64_t>(width, machine.lanes) : machine.lanes;
  for (int vectors = 1; vectors <= kMaxVectors; ++vectors) {
    if (vectors > 1 && vectors * vector > width) break;
    for (int rows = 1; rows <= height && (rows <= kMaxRows || cells > 1); ++rows) {
      const int sums = vectors * cells * rows, used = sums + vectors + 1;
      if (used > machine.registers && rows > 1) break;
      // Lanes and rows past the edge are wasted, and each sum that does not fit the registers costs a load and a store.
      const int64_t columns = CeilDiv(width, vectors * vector), lines = CeilDiv(height, rows);
      const double useful =
          static_cast<double>(width * height) / static_cast<double>(columns * vectors * vector * lines * rows);
      const double spilled = std::max(0, used - machine.registers);
      const double cycles =
          std::max({sums / machine.products, (vectors + cells * rows) / machine.loads, double{1} * machine.latency}) +
          spilled;
      const double loads =
          cells == 1 ? vectors + rows : 1;  // among equal rates, fewer loads or, with cells, more sums win
      const double rate = useful * sums / (cycles * machine.products) + 5e-4 * sums / loads;
      if (rate > best_rate) {
        best_rate = rate;
        best = {vectors, rows};
      }
    }
  }
  return best;
}

void Schedule(LoopNest& nest, const LoopContext& context) {
  Func& func = nest.func;
  func.compute_root();
  for (int axis = 0; axis < static_cast<int>(nest.shape.size()); ++axis) {
    const bool batch = IsBatch(nest, axis);
    if (!batch)
      func.bound(Axis(axis), 0, static_cast<int>(Extent(nest, context, axis)));
    else if (context.rows.defined())
      func.bound(Axis(axis), 0, context.rows);
    if (batch && !nest.output) func.bound_storage(Axis(axis), static_cast<int>(context.batch_size));
  }
  bool tiles = false;
  for (const Accumulator& accumulator : nest.accumulators)
    tiles = tiles || accumulator.kind == Accumulator::Kind::kTile;
  if (tiles)
    ScheduleTiles(nest, context);
  else if (!nest.accumulators.empty())
    ScheduleWindows(nest, context);
  else
    ScheduleElementwise(nest, context);
}

}  // namespace brine::codegen
