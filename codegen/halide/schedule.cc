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

// The fewest elements, or steps of reductions, of a parallel loop.  A smaller loop ends before a second thread wakes
// up.
constexpr int64_t kMinParallelElements = 1 << 14;
// The elements of one task of an elementwise loop.  The time does not depend much on this size.
constexpr int64_t kElementsPerTask = 1 << 14;
constexpr int kMaxUnrolledSteps = 16;                // of a reduction
constexpr int64_t kUnknownSteps = int64_t{1} << 20;  // stands for a number that is no constant

// The extent along axis `axis`, which counts from the innermost, for the largest n.
int64_t LargestExtent(const LoopNest& nest, const LoopContext& context, int axis) {
  const ir::Dim dim = nest.shape[nest.shape.size() - 1 - static_cast<size_t>(axis)];
  return dim == ir::kBatch ? context.batch_size : dim;
}

bool IsBatch(const LoopNest& nest, int axis) {
  return nest.shape[nest.shape.size() - 1 - static_cast<size_t>(axis)] == ir::kBatch;
}

int64_t ElementCount(const LoopNest& nest, const LoopContext& context) {
  int64_t elements = 1;
  for (int axis = 0; axis < static_cast<int>(nest.shape.size()); ++axis) elements *= LargestExtent(nest, context, axis);
  return elements;
}

// The number of steps of the reduction for one element, or kUnknownSteps.
int64_t StepCount(const Accumulator& accumulator) {
  int64_t steps = 1;
  for (int axis = 0; axis < accumulator.domain.dimensions(); ++axis) {
    const auto extent = Halide::Internal::as_const_int(accumulator.domain[axis].extent());
    if (!extent.has_value()) return kUnknownSteps;
    steps *= *extent;
  }
  return steps;
}

std::vector<VarOrRVar> DomainVars(const Accumulator& accumulator) {
  std::vector<VarOrRVar> vars;
  for (int axis = 0; axis < accumulator.domain.dimensions(); ++axis) vars.push_back(RVar(accumulator.domain[axis]));
  return vars;
}

// The number of steps along the domain's first axis that are taken at once: the widest of a few vectors that divides
// the axis, or 1.
int StepsAtOnce(const Accumulator& accumulator, const LoopContext& context) {
  if (!accumulator.steps_are_contiguous) return 1;
  const auto extent = Halide::Internal::as_const_int(accumulator.domain[0].extent());
  if (!extent.has_value()) return 1;
  for (int width = 4 * context.lanes; width >= context.lanes; width /= 2) {
    if (*extent % width == 0) return width;
  }
  return 1;
}

// Leaves the update of a reduction as it is, but for taking several steps at once.
void ScheduleUpdate(Accumulator& accumulator, const LoopContext& context) {
  const int width = StepsAtOnce(accumulator, context);
  if (width > 1)
    accumulator.func.update().atomic().vectorize(RVar(accumulator.domain[0]), width);
  else
    accumulator.func.update().unscheduled();
}

int VectorWidth(int64_t extent, int lanes) { return static_cast<int>(std::min<int64_t>(extent, lanes)); }

// Schedules a nest without reductions.  Vectors lie along axis 0.  If the nest is pointwise and axis 0 does not fill
// whole vectors, they lie along all axes but the outermost one, which are fused.
void ScheduleElementwise(LoopNest& nest, const LoopContext& context) {
  Func& func = nest.func;
  const int rank = static_cast<int>(nest.shape.size());
  if (rank == 0) return;
  const bool is_parallel = ElementCount(nest, context) >= kMinParallelElements;
  Var inner = Axis(0);
  int64_t extent = LargestExtent(nest, context, 0);
  // Splits `inner` into vectors; then `inner` is the loop over vectors.  Returns the number of lanes.
  const auto vectorize_inner = [&] {
    const int width = VectorWidth(extent, context.streaming_lanes);
    if (width == 1) return width;
    Var vector, lane;
    func.split(inner, vector, lane, width, TailStrategy::GuardWithIf).vectorize(lane);
    inner = vector;
    return width;
  };
  std::vector<Loop> outer;
  if (rank == 1) {
    // Vectors are formed before chunks.  If chunks were formed first, the last chunk would be of full length, and its
    // vectors past the end would be computed under a mask.
    const int width = vectorize_inner();
    if (is_parallel) {
      Var chunk;
      const int64_t elements_per_chunk = IsBatch(nest, 0) ? kElementsPerTask : CeilDiv(extent, context.tasks);
      const int64_t vectors = CeilDiv(elements_per_chunk, 4 * context.lanes) * 4 * context.lanes / width;
      func.split(inner, chunk, inner, static_cast<int>(vectors), TailStrategy::GuardWithIf);
      outer.push_back({chunk, CeilDiv(extent, vectors * width)});
    }
  } else {
    if (nest.is_pointwise && extent % context.lanes != 0) {
      // The outermost axis, which is n if the shape has n, stays a loop of its own.
      for (int axis = 1; axis + 1 < rank; ++axis) {
        Var fused;
        func.fuse(inner, Axis(axis), fused);
        inner = fused;
        extent *= LargestExtent(nest, context, axis);
      }
      outer.push_back({Axis(rank - 1), LargestExtent(nest, context, rank - 1)});
    } else {
      for (int axis = rank - 1; axis > 0; --axis) outer.push_back({Axis(axis), LargestExtent(nest, context, axis)});
    }
    vectorize_inner();
  }
  if (is_parallel && !outer.empty())
    ParallelizeOuterLoops(func, outer, context, ElementCount(nest, context) / kElementsPerTask);
}

// Vectorizes the sums of a block along axis 0, unless they have no such axis.  A short domain is unrolled.
void VectorizeAccumulator(Accumulator& accumulator, int width, bool unroll_vectors, const LoopContext& context) {
  Func& func = accumulator.func;
  const Var x = Axis(0);
  std::vector<VarOrRVar> order = {x};
  for (const VarOrRVar& var : DomainVars(accumulator)) order.push_back(var);
  if (accumulator.kind != Accumulator::Kind::kRow && func.dimensions() > 0 && width > 1) {
    func.vectorize(x, width);
    if (unroll_vectors) func.unroll(x);
    Halide::Stage update = func.update();
    update.reorder(order).vectorize(x, width);
    if (unroll_vectors) update.unroll(x);
  } else {
    ScheduleUpdate(accumulator, context);
  }
  if (StepCount(accumulator) <= kMaxUnrolledSteps && accumulator.kind == Accumulator::Kind::kWindow && width > 1) {
    Halide::Stage update = func.update();
    for (int axis = 0; axis < accumulator.domain.dimensions(); ++axis) update.unroll(RVar(accumulator.domain[axis]));
  }
}

// Parallelizes the loops of `outer` if they have enough steps; returns the loop that then contains the body of the
// innermost one.
Var ParallelizeIf(bool is_parallel, Func& func, const std::vector<Loop>& outer, const Machine& machine) {
  const Var innermost = outer.back().var;
  return is_parallel ? ParallelizeOuterLoops(func, outer, machine).LoopAfterFusion(innermost) : innermost;
}

// Schedules a nest with reductions of one value for each row.  Each row, or the nest itself if it has a single row,
// computes its reductions and then its elements.
void ScheduleRows(LoopNest& nest, const LoopContext& context, const std::vector<Loop>& outer, bool is_parallel) {
  Func& func = nest.func;
  const Var row = outer.empty() ? Var() : ParallelizeIf(is_parallel, func, outer, context);
  for (Accumulator& accumulator : nest.accumulators) {
    if (outer.empty())
      accumulator.func.compute_root();
    else
      accumulator.func.compute_at(func, row);
    ScheduleUpdate(accumulator, context);
  }
  const int width = nest.shape.empty() ? 1 : VectorWidth(LargestExtent(nest, context, 0), context.lanes);
  if (width > 1) func.vectorize(Axis(0), width, TailStrategy::GuardWithIf);
}

// Schedules a nest whose reductions have few steps for each element, or one value for each row.  A block of vectors, or
// a row, computes its own reductions and then its elements.
void ScheduleWindows(LoopNest& nest, const LoopContext& context) {
  Func& func = nest.func;
  const int rank = static_cast<int>(nest.shape.size());
  bool has_row_reductions = false;  // or products, which this schedule computes for a whole row, too
  bool has_vectors_of_steps = false;
  int64_t steps = 1;
  for (const Accumulator& accumulator : nest.accumulators) {
    has_vectors_of_steps = has_vectors_of_steps || StepsAtOnce(accumulator, context) > 1;
    has_row_reductions = has_row_reductions || accumulator.kind != Accumulator::Kind::kWindow;
    steps = std::max(steps, StepCount(accumulator));
  }
  const bool is_parallel = ElementCount(nest, context) * steps >= kMinParallelElements;
  std::vector<Loop> outer;
  for (int axis = rank - 1; axis > 0; --axis) outer.push_back({Axis(axis), LargestExtent(nest, context, axis)});
  if (rank == 0 || has_row_reductions) {
    ScheduleRows(nest, context, outer, is_parallel);
    return;
  }
  const int64_t extent = LargestExtent(nest, context, 0);
  // Along n there are no vectors: n may be less than a vector, and ShiftInwards would begin before the first element.
  const bool is_batch = IsBatch(nest, 0);
  const int width = is_batch || has_vectors_of_steps ? 1 : VectorWidth(extent, context.lanes);
  // Long reductions compute several vectors at once, since each of their additions waits for the one before.
  int vectors = 1;
  while (vectors < 4 && steps > kMaxUnrolledSteps && 2 * vectors * width <= extent && width > 1) vectors *= 2;
  Var block, element;
  func.split(Axis(0), block, element, vectors * width,
             is_batch ? TailStrategy::GuardWithIf : TailStrategy::ShiftInwards);
  if (width > 1) func.vectorize(element, width);
  if (vectors > 1) func.unroll(element);
  outer.push_back({block, CeilDiv(extent, vectors * width)});
  const Var block_loop = ParallelizeIf(is_parallel, func, outer, context);
  for (Accumulator& accumulator : nest.accumulators) {
    accumulator.func.compute_at(func, block_loop);
    VectorizeAccumulator(accumulator, width, vectors > 1, context);
  }
}

// Schedules a nest whose accumulators are matrix products: the sums of a register tile stay in registers through the
// whole reduction.  Tiles lie along axes 0 and 1.  The loop over columns of tiles lies outside the loop over rows, so
// that the columns of the right operand that a tile reads stay in the first-level cache.
class TileScheduler {
 public:
  TileScheduler(LoopNest& nest, const LoopContext& context)
      : nest_(nest),
        context_(context),
        rank_(static_cast<int>(nest.shape.size())),
        width_(LargestExtent(nest, context, 0)),
        height_(rank_ > 1 ? LargestExtent(nest, context, 1) : 1),
        is_batch_along_rows_(rank_ > 1 && IsBatch(nest, 1)),
        tile_(ChooseTile(width_, height_, context)),
        vector_(VectorWidth(width_, context.lanes)) {}

  void Schedule() {
    CutIntoTiles();
    Parallelize();
    for (Accumulator& accumulator : nest_.accumulators) ScheduleSum(accumulator);
    for (Func& panel : nest_.panels) {
      panel.compute_at(nest_.func, column_loop_).store_in(kOnStack);
      if (vector_ > 1) panel.vectorize(Axis(0), vector_);
    }
  }

 private:
  // If n lies along the rows of tiles, it may be less than a tile, so the last tile is not shifted inwards.
  TailStrategy RowTail() const { return is_batch_along_rows_ ? TailStrategy::GuardWithIf : TailStrategy::ShiftInwards; }
  bool HasRowLoopOutside() const { return rank_ > 1 && nest_.panels.empty(); }

  void CutIntoTiles() {
    Func& func = nest_.func;
    const int across = vector_ * tile_.vectors;
    Var x, y;
    func.split(Axis(0), column_, x, across, TailStrategy::ShiftInwards);
    std::vector<VarOrRVar> order = {x};
    if (rank_ > 1) {
      func.split(Axis(1), row_, y, tile_.rows, RowTail());
      order.push_back(y);
      order.push_back(row_);
    }
    order.push_back(column_);
    for (int axis = 2; axis < rank_; ++axis) order.push_back(Axis(axis));
    for (int axis = rank_ - 1; axis >= 2; --axis) outer_.push_back({Axis(axis), LargestExtent(nest_, context_, axis)});
    const int64_t columns = CeilDiv(width_, across), rows = CeilDiv(height_, tile_.rows);
    if (!nest_.panels.empty() && rank_ == 2 && columns < context_.tasks) {
      // There are too few columns for the tasks, so a task is a chunk of rows, too, and computes its own panels.
      Var chunk;
      const int rows_per_chunk = CeilDiv(rows, CeilDiv(context_.tasks, columns));
      func.split(row_, chunk, row_, rows_per_chunk, RowTail());
      order.push_back(chunk);
      outer_.push_back({chunk, CeilDiv(rows, rows_per_chunk)});
    }
    outer_.push_back({column_, columns});
    if (HasRowLoopOutside()) outer_.push_back({row_, rows});
    func.reorder(order);
    if (vector_ > 1) func.vectorize(x, vector_);
    func.unroll(x);
    if (rank_ > 1) func.unroll(y);
  }

  void Parallelize() {
    const ParallelLoop parallel = ParallelizeOuterLoops(nest_.func, outer_, context_);
    column_loop_ = parallel.LoopAfterFusion(column_);
    tile_loop_ = rank_ == 1 ? column_loop_ : HasRowLoopOutside() ? parallel.LoopAfterFusion(row_) : row_;
  }

  void ScheduleSum(Accumulator& accumulator) {
    Func& sum = accumulator.func;
    sum.compute_at(nest_.func, tile_loop_);
    if (accumulator.kind != Accumulator::Kind::kTile) {
      sum.update().unscheduled();
      return;
    }
    const Var x = Axis(0), y = Axis(1);
    std::vector<VarOrRVar> order = {x};
    if (rank_ > 1) order.push_back(y);
    for (const VarOrRVar& var : DomainVars(accumulator)) order.push_back(var);
    Halide::Stage update = sum.update();
    update.reorder(order);
    if (is_batch_along_rows_) sum.bound_extent(y, tile_.rows);
    if (vector_ > 1) {
      sum.vectorize(x, vector_);
      update.vectorize(x, vector_);
    }
    sum.unroll(x);
    update.unroll(x);
    if (rank_ > 1) {
      sum.unroll(y);
      update.unroll(y);
    }
  }

  LoopNest& nest_;
  const LoopContext& context_;
  const int rank_;
  const int64_t width_, height_;  // the largest extents of axes 0 and 1
  const bool is_batch_along_rows_;
  const Tile tile_;
  const int vector_;             // floats
  Var column_, row_;             // of tiles
  std::vector<Loop> outer_;      // the loops over tiles and further axes, outermost first
  Var column_loop_, tile_loop_;  // what is computed for each column of tiles, or each tile, is computed at these
};

}  // namespace

Var ParallelLoop::LoopAfterFusion(const Var& loop) const {
  const bool was_fused = std::any_of(fused_loops.begin(), fused_loops.end(),
                                     [&](const Var& fused_loop) { return fused_loop.same_as(loop); });
  return was_fused ? var : loop;
}

ParallelLoop ParallelizeOuterLoops(Func& func, const std::vector<Loop>& outermost_first, const Machine& machine,
                                   int64_t max_tasks) {
  BRINE_CHECK(!outermost_first.empty());
  ParallelLoop parallel;
  int64_t tasks = 1;
  for (const Loop& loop : outermost_first) {
    if (!parallel.fused_loops.empty() && tasks >= machine.tasks) break;
    if (parallel.fused_loops.empty()) {
      parallel.var = loop.var;
    } else {
      Var fused;
      func.fuse(loop.var, parallel.var, fused);
      parallel.var = fused;
    }
    parallel.fused_loops.push_back(loop.var);
    tasks *= loop.extent;
  }
  max_tasks = std::clamp<int64_t>(max_tasks, 2, int64_t{4} * machine.tasks);
  if (tasks <= 1) return parallel;
  Var task = parallel.var;
  if (tasks > max_tasks) {
    Var iteration;
    task = Var();
    func.split(parallel.var, task, iteration, CeilDiv(tasks, max_tasks), TailStrategy::GuardWithIf);
    parallel.var = iteration;
  }
  // The body of a task would be there twice, for tasks with and without a missing iteration, which costs as much to
  // compile and saves nothing.
  func.parallel(task).partition(task, Halide::Partition::Never);
  return parallel;
}

Tile ChooseTile(int64_t width, int64_t height, const Machine& machine, int cells) {
  constexpr int kMaxVectors = 4, kMaxRows = 14;  // with single sums, more rows need more code and gain nothing
  Tile best = {1, 1};
  double best_rate = 0;
  const int64_t vector = cells == 1 ? std::min<int64_t>(width, machine.lanes) : machine.lanes;
  for (int vectors = 1; vectors <= kMaxVectors; ++vectors) {
    if (vectors > 1 && vectors * vector > width) break;
    for (int rows = 1; rows <= height && (rows <= kMaxRows || cells > 1); ++rows) {
      // Besides the sums, a step holds the vectors of one operand and one broadcast element of the other.
      const int sums = vectors * cells * rows, registers = sums + vectors + 1;
      if (registers > machine.registers && rows > 1) break;
      // A step takes at least the latency, since each of its products adds to a sum of the step before.  A sum that
      // does not fit the registers costs a load and a store.
      const double spilled = std::max(0, registers - machine.registers);
      const double product_cycles = sums / machine.multiply_adds_per_cycle,
                   load_cycles = (vectors + cells * rows) / machine.loads_per_cycle;
      const double cycles = std::max({product_cycles, load_cycles, double{1} * machine.multiply_add_latency}) + spilled;
      // Lanes and rows past the edge of the result are wasted.
      const int64_t tile_columns = CeilDiv(width, vectors * vector), tile_rows = CeilDiv(height, rows);
      const double useful_share =
          static_cast<double>(width * height) / static_cast<double>(tile_columns * vectors * vector * tile_rows * rows);
      // The rate is the share of the peak.  The small term decides among equal rates: the tile with fewer loads per sum
      // wins, or, with cells, the one with more sums.
      const double loads = cells == 1 ? vectors + rows : 1;
      const double rate = useful_share * sums / (cycles * machine.multiply_adds_per_cycle) + 5e-4 * sums / loads;
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
    const bool is_batch = IsBatch(nest, axis);
    if (!is_batch)
      func.bound(Axis(axis), 0, static_cast<int>(LargestExtent(nest, context, axis)));
    else if (context.batch_extent.defined())
      func.bound(Axis(axis), 0, context.batch_extent);
    if (is_batch && !nest.is_output) func.bound_storage(Axis(axis), static_cast<int>(context.batch_size));
  }
  bool has_tiles = false;
  for (const Accumulator& accumulator : nest.accumulators)
    has_tiles = has_tiles || accumulator.kind == Accumulator::Kind::kTile;
  if (has_tiles && !nest.shape.empty())
    TileScheduler(nest, context).Schedule();
  else if (!nest.accumulators.empty())
    ScheduleWindows(nest, context);
  else
    ScheduleElementwise(nest, context);
}

}  // namespace brine::codegen
