// y[n, m] = Σ over k of x[n, k] · w[k, m] for few rows and large weights, whose time is that of bringing the weights
// through the caches.  The depth k is split into parts, and each part into chunks:
//   tile_sum(chunk) = Σ over the k of a chunk          in registers, for a tile of y
//   part_sum(part)  = Σ over the chunks of a part      in memory; one task for each part and block of rows
//   y               = Σ over the parts
#include <algorithm>

#include "codegen/halide/matmul/problem.h"
#include "codegen/halide/sparse/row_lists.h"
#include "codegen/halide/sparse/set_bits.h"
#include "codegen/halide/split_sum.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

constexpr int kMaxChunkDepth = 64;  // a chunk is shallower if so many rows of w are more than the near caches hold
constexpr int kListedVectors = 8;   // of results in registers while a list is iterated over
constexpr int kRowsPerBlock = 64;   // of x; a task takes one block
// The traffic that is charged for a partial sum, which is mostly written by one core and read by another.
constexpr double kPartialSumBytes = 20;
// The fewest rows that must share what a tile loads of w, if the multiply-adds and not the loads are to be the limit.
constexpr double kMinSharingRows = 8;

// The tile of results that follow one list, which is that of a row of x.
Tile ListedTile(int64_t units, int lanes) {
  return {static_cast<int>(std::min<int64_t>(kListedVectors, CeilDiv(units, lanes))), 1};
}

// Whether lists read the rows of w in place, which they do if a tile is as wide as w.
bool ReadsInPlace(const Tile& tile, int64_t units, int lanes, bool uses_lists) {
  return uses_lists && units == lanes * tile.vectors;
}

// The number of chunks in each part, such that the parts of all blocks of rows are enough tasks.
int ChunksPerPart(int chunks, int blocks, const Machine& machine) {
  return CeilDiv(chunks, std::max(1, machine.tasks / blocks));
}

// Builds the kernel.  With `uses_lists`, it lists the nonzero elements of x, and the sums follow the lists.
class SplitDepth {
 public:
  SplitDepth(KernelBuilder& builder, bool uses_lists)
      : builder_(builder),
        context_(builder.context()),
        uses_lists_(uses_lists),
        x_(builder.Read(builder.spec().operand(0))),
        w_(builder.Read(builder.spec().operand(1))),
        depth_(static_cast<int>(x_.type.shape[1])),
        units_(static_cast<int>(w_.type.shape[1])),
        tile_(uses_lists ? ListedTile(units_, context_.lanes) : ChooseTile(units_, context_.batch_size, context_)),
        tile_width_(context_.lanes * tile_.vectors),
        tile_columns_(CeilDiv(units_, tile_width_)),
        tile_rows_(CeilDiv(context_.batch_size, tile_.rows)),
        tile_rows_per_block_(std::min(tile_rows_, std::max(1, kRowsPerBlock / tile_.rows))),
        chunk_depth_(static_cast<int>(std::clamp<int64_t>(
            8 * context_.l1_bytes / (int64_t{tile_columns_} * tile_width_ * 4) / kFlagsPerByte * kFlagsPerByte,
            kFlagsPerByte, kMaxChunkDepth))),
        chunk_count_(CeilDiv(depth_, chunk_depth_)),
        chunks_per_part_(ChunksPerPart(chunk_count_, CeilDiv(tile_rows_, tile_rows_per_block_), context_)),
        part_count_(CeilDiv(chunk_count_, chunks_per_part_)),
        parts_(0, part_count_, "parts"),
        r_(0, chunk_depth_, "r"),
        part_chunk_(0, chunks_per_part_, "part_chunk"),
        list_(context_, {context_.batch_size, depth_, context_.batch_extent, depth_, chunk_depth_, false,
                         [this](const Expr& row, const Expr& column) {
                           return IsNonzero(x_({row, column}));
                         }}) {}
  SplitDepth(const SplitDepth&) = delete;  // list_ refers to this object

  ScheduledKernel Build() {
    DefinePanel();
    DefineTileSum();
    DefineParts();
    Func out = DefineResults();
    ScheduleResults(out);
    ScheduleParts();
    ScheduleTiles();
    ScheduledKernel kernel = builder_.Finish();
    if (uses_lists_) kernel.sparse = builder_.spec().operand(0);
    return kernel;
  }

 private:
  bool is_last_chunk_shorter() const { return depth_ % chunk_depth_ != 0; }

  // Defines the copy of a chunk of w in panels, each as wide as a tile.  In w itself, the rows of a panel would lie in
  // the same few sets of a cache.  Rows and units past the last one are clamped to it, and their sums are discarded.
  void DefinePanel() {
    const Expr w_row = chunk_ * chunk_depth_ + depth_in_chunk_, unit = tile_column_ * tile_width_ + unit_;
    panel_(unit_, depth_in_chunk_, tile_column_, chunk_) =
        w_({is_last_chunk_shorter() ? Halide::min(w_row, depth_ - 1) : w_row,
            units_ % tile_width_ == 0 ? unit : Halide::min(unit, units_ - 1)});
  }

  // Defines the sums of a tile over a chunk.  Without lists, r_ counts the depth in the chunk; with lists, the entries.
  void DefineTileSum() {
    const Expr depth_in_chunk =
                   uses_lists_ ? Halide::unsafe_promise_clamped(list_.Entry(r_, tile_row_, chunk_), 0, chunk_depth_ - 1)
                               : Expr(r_),
               depth = chunk_ * chunk_depth_ + depth_in_chunk;
    if (uses_lists_)
      r_.where(r_ < list_.Count(tile_row_, chunk_));  // becomes the bound of the loop
    else if (is_last_chunk_shorter())
      r_.where(depth <= depth_ - 1);
    tile_sum_(unit_, row_, tile_column_, tile_row_, chunk_) = 0.0f;
    tile_sum_(unit_, row_, tile_column_, tile_row_, chunk_) +=
        x_({Halide::min(tile_row_ * tile_.rows + row_, context_.batch_extent - 1),
            is_last_chunk_shorter() ? Halide::min(depth, depth_ - 1) : depth}) *
        panel_(unit_, depth_in_chunk, tile_column_, chunk_);
  }

  void DefineParts() {
    const Expr chunk = part_ * chunks_per_part_ + part_chunk_;
    if (chunk_count_ % chunks_per_part_ != 0) part_chunk_.where(chunk < chunk_count_);
    AccumulatePart(part_sum_, {unit_, row_, tile_column_, tile_row_, part_}, part_chunk_ == 0,
                   tile_sum_(unit_, row_, tile_column_, tile_row_, Halide::min(chunk, chunk_count_ - 1)));
    total_(unit_, row_, tile_column_, tile_row_) = 0.0f;
    total_(unit_, row_, tile_column_, tile_row_) += part_sum_(unit_, row_, tile_column_, tile_row_, parts_);
  }

  Func DefineResults() {
    const Var m = Axis(0), n = Axis(1);
    const Expr sum = total_(m % tile_width_, n % tile_.rows, m / tile_width_, n / tile_.rows);
    Func out = MakeFunc("out", Axes(2), builder_.LowerEpilogue(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void ScheduleResults(Func& out) {
    const Var m = Axis(0), n = Axis(1);
    Var tile, unit;
    out.compute_root().bound(m, 0, units_).bound(n, 0, context_.batch_extent);
    out.split(m, tile, unit, tile_width_, TailStrategy::GuardWithIf)
        .reorder(unit, tile, n)
        .vectorize(unit, context_.lanes, TailStrategy::GuardWithIf);
    out.parallel(n, CeilDiv(context_.batch_size, context_.tasks), TailStrategy::GuardWithIf);
    total_.compute_at(out, tile).bound_extent(unit_, tile_width_).vectorize(unit_, context_.lanes).unroll(unit_);
    total_.update()
        .reorder(unit_, row_, tile_column_, tile_row_, parts_)
        .vectorize(unit_, context_.lanes)
        .unroll(unit_);
  }

  // Schedules the sums of the parts.  A task is one block of rows in one part of the depth.
  void ScheduleParts() {
    Var block, task;
    part_sum_.compute_root()
        .bound(unit_, 0, tile_width_)
        .bound(row_, 0, tile_.rows)
        .bound(tile_column_, 0, tile_columns_)
        .bound(part_, 0, part_count_);
    part_sum_.bound(tile_row_, 0, (context_.batch_extent + tile_.rows - 1) / tile_.rows)
        .bound_storage(tile_row_, tile_rows_);
    part_sum_.update()
        .split(tile_row_, block, tile_row_, tile_rows_per_block_, TailStrategy::GuardWithIf)
        .reorder(unit_, row_, tile_row_, tile_column_, part_chunk_, block, part_);
    part_sum_.update()
        .vectorize(unit_, context_.lanes)
        .unroll(unit_)
        .unroll(row_)
        .fuse(block, part_, task)
        .parallel(task);
  }

  void ScheduleTiles() {
    if (!ReadsInPlace(tile_, units_, context_.lanes, uses_lists_)) {
      panel_.compute_at(part_sum_, part_chunk_.x)
          .store_in(kOnStack)
          .bound(unit_, 0, tile_width_)
          .bound_extent(depth_in_chunk_, chunk_depth_)
          .bound(tile_column_, 0, tile_columns_);
      panel_.reorder(unit_, tile_column_, depth_in_chunk_, chunk_)
          .vectorize(unit_, context_.lanes)
          .unroll(unit_)
          .unroll(tile_column_);
    }
    tile_sum_.compute_at(part_sum_, tile_row_).vectorize(unit_, context_.lanes).unroll(unit_).unroll(row_);
    tile_sum_.update().reorder(unit_, row_, r_).vectorize(unit_, context_.lanes).unroll(unit_).unroll(row_);
    if (uses_lists_) list_.Schedule(part_sum_, part_chunk_.x, tile_rows_per_block_);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const bool uses_lists_;
  const Tensor x_, w_;
  const int depth_, units_;  // units: the columns of w
  const Tile tile_;
  const int tile_width_;  // in units
  const int tile_columns_, tile_rows_, tile_rows_per_block_;
  const int chunk_depth_, chunk_count_;
  const int chunks_per_part_, part_count_;
  const Var unit_{"unit"}, row_{"row"};  // of a tile
  const Var tile_column_{"tile_column"}, tile_row_{"tile_row"};
  const Var depth_in_chunk_{"depth_in_chunk"}, chunk_{"chunk"}, part_{"part"};
  const RDom parts_;
  RDom r_, part_chunk_;
  Func panel_{"panel"}, tile_sum_{"tile_sum"}, part_sum_{"part_sum"}, total_{"total"};
  RowLists list_;
};

Work CostOfSplit(const KernelSpec& spec, const Machine& machine, bool uses_lists) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  const double lane_utilization =
      static_cast<double>(problem.columns) / (CeilDiv(problem.columns, machine.lanes) * machine.lanes);
  if (uses_lists) {
    const double share = spec.IsSparse(spec.operand(0)) ? spec.nonzero_share : 1;
    work.sparse_products = share * problem.products() / lane_utilization;
    work.tested_elements = ElementCount(spec, spec.operand(0));
  } else {
    work.products = problem.products();
    work.tile_utilization = lane_utilization * std::min(1.0, static_cast<double>(problem.rows) / kMinSharingRows);
  }
  const Tile tile =
      uses_lists ? ListedTile(problem.columns, machine.lanes) : ChooseTile(problem.columns, problem.rows, machine);
  const int block_rows = std::max(1, kRowsPerBlock / tile.rows) * tile.rows, blocks = CeilDiv(problem.rows, block_rows);
  if (!ReadsInPlace(tile, problem.columns, machine.lanes, uses_lists)) {
    // Each block of rows copies the weights.
    work.cache_bytes += 4.0 * blocks * ElementCount(spec, spec.operand(1));
  }
  // Each chunk loads and stores the sums of its part.  Then the parts are added.
  const int chunks = CeilDiv(problem.depth, kMaxChunkDepth),
            parts = CeilDiv(chunks, ChunksPerPart(chunks, blocks, machine));
  work.cache_bytes += 8.0 * chunks * ElementCount(spec, spec.sums());
  const double partial_sums = parts * ElementCount(spec, spec.sums());
  AddFarBytes(kPartialSumBytes * partial_sums, 4 * partial_sums, machine, work);
  return work;
}

}  // namespace

std::string CanSplitDepth(const KernelSpec& spec, const Machine& machine) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  if (std::string reason = NeedsForward(problem); !reason.empty()) return reason;
  if (std::string reason = NeedsFlat(problem); !reason.empty()) return reason;
  return problem.columns < machine.lanes ? "its columns do not fill a vector" : "";
}

Work CostSplitDepth(const KernelSpec& spec, const Machine& machine) { return CostOfSplit(spec, machine, false); }

ScheduledKernel BuildSplitDepth(KernelBuilder& builder) { return SplitDepth(builder, false).Build(); }

std::string CanSplitDepthSparse(const KernelSpec& spec, const Machine& machine) {
  if (!spec.IsParameter(spec.operand(0))) return "its first operand is computed in the kernel";
  return CanSplitDepth(spec, machine);
}

Work CostSplitDepthSparse(const KernelSpec& spec, const Machine& machine) { return CostOfSplit(spec, machine, true); }

ScheduledKernel BuildSplitDepthSparse(KernelBuilder& builder) { return SplitDepth(builder, true).Build(); }

}  // namespace brine::codegen
