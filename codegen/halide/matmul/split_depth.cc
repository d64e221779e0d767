// y = activation(x·w + b) for few rows and large weights, where the time is that of bringing the weights through the
// caches.
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

constexpr int kMaxChunkDepth = 64;      // less if that many rows of the weights would not fit the first-level cache
constexpr int kListedVectors = 8;       // vectors of results while a list is iterated over
constexpr int kRowsPerBlock = 64;       // a task takes one block of rows of x
constexpr double kExchangedBytes = 20;  // bytes charged for a partial sum that another core reads
constexpr double kMinSharingRows = 8;   // with fewer rows of x that share what a tile loads of w, loads are the limit

// The tile of a list, whose products are of one row of x.
Tile ListedTile(int64_t units, int lanes) {
  return {static_cast<int>(std::min<int64_t>(kListedVectors, CeilDiv(units, lanes))), 1};
}

// Whether a strip of w is as wide as w, so that a list reads its rows in place.
bool ReadsInPlace(const Tile& tile, int64_t units, int lanes, bool listed) {
  return listed && units == lanes * tile.vectors;
}

// The number of chunks in each part, so that there are enough tasks.
int ChunksPerPart(int chunks, int blocks) { return CeilDiv(chunks, std::max(1, static_cast<int>(kTasks) / blocks)); }

// Builds the kernel: the sums of a tile over a chunk of the depth, of a part, and of all parts.  `listed`: it lists the
// nonzero elements of x.
class SplitDepth {
 public:
  SplitDepth(KernelBuilder& builder, bool listed)
      : builder_(builder),
        context_(builder.context()),
        listed_(listed),
        x_(builder.Read(builder.spec().operand(0))),
        w_(builder.Read(builder.spec().operand(1))),
        depth_(static_cast<int>(x_.type.shape[1])),
        units_(static_cast<int>(w_.type.shape[1])),
        tile_(listed ? ListedTile(units_, context_.lanes) : ChooseTile(units_, context_.batch_size, context_)),
        tile_width_(context_.lanes * tile_.vectors),
        tile_columns_(CeilDiv(units_, tile_width_)),
        tile_rows_(CeilDiv(context_.batch_size, tile_.rows)),
        tile_rows_per_block_(std::min(tile_rows_, std::max(1, kRowsPerBlock / tile_.rows))),
        chunk_depth_(static_cast<int>(
            std::clamp<int64_t>(8 * context_.l1_bytes / (int64_t{tile_columns_} * tile_width_ * 4) / kFlags * kFlags,
                                kFlags, kMaxChunkDepth))),
        chunk_count_(CeilDiv(depth_, chunk_depth_)),
        chunks_per_part_(ChunksPerPart(chunk_count_, CeilDiv(tile_rows_, tile_rows_per_block_))),
        part_count_(CeilDiv(chunk_count_, chunks_per_part_)),
        parts_(0, part_count_, "parts"),
        r_(0, chunk_depth_, "r"),
        part_chunk_(0, chunks_per_part_, "part_chunk"),
        list_(context_, {context_.batch_size, depth_, context_.rows, depth_, chunk_depth_, false,
                         [this](const Expr& row, const Expr& column) {
                           return IsNonzero(x_({row, column}));
                         }}) {}
  SplitDepth(const SplitDepth&) = delete;  // list_ refers to it

  ScheduledKernel Build() {
    DefinePanel();
    DefineTileSum();
    DefineParts();
    Func out = DefineResults();
    ScheduleResults(out);
    ScheduleParts();
    ScheduleTiles();
    ScheduledKernel kernel = builder_.Finish();
    if (listed_) kernel.sparse = builder_.spec().operand(0);
    return kernel;
  }

 private:
  bool ragged() const { return depth_ % chunk_depth_ != 0; }  // the last chunk is shorter

  // A chunk of w is copied in strips that are as wide as a tile, since in w itself the rows of a strip lie in the same
  // few sets of a cache.  Past the last row and the last unit, indices are clamped; those sums are discarded.  Where a
  // single strip holds whole rows of w, lists read these in place.
  void DefinePanel() {
    const Expr row_of_w = chunk_ * chunk_depth_ + depth_in_chunk_, unit = tile_column_ * tile_width_ + unit_;
    panel_(unit_, depth_in_chunk_, tile_column_, chunk_) =
        w_({ragged() ? Halide::min(row_of_w, depth_ - 1) : row_of_w,
            units_ % tile_width_ == 0 ? unit : Halide::min(unit, units_ - 1)});
  }

  // The sums of a tile over a chunk.
  void DefineTileSum() {
    const Expr in_chunk = listed_
                              ? Halide::unsafe_promise_clamped(list_.Place(r_, tile_row_, chunk_), 0, chunk_depth_ - 1)
                              : Expr(r_),
               depth = chunk_ * chunk_depth_ + in_chunk;
    if (listed_)
      r_.where(r_ < list_.Count(tile_row_, chunk_));  // becomes the bound of the loop
    else if (ragged())
      r_.where(depth <= depth_ - 1);
    tile_sum_(unit_, row_, tile_column_, tile_row_, chunk_) = 0.0f;
    tile_sum_(unit_, row_, tile_column_, tile_row_, chunk_) +=
        x_({Halide::min(tile_row_ * tile_.rows + row_, context_.rows - 1),
            ragged() ? Halide::min(depth, depth_ - 1) : depth}) *
        panel_(unit_, in_chunk, tile_column_, chunk_);
  }

  void DefineParts() {
    const Expr number = part_ * chunks_per_part_ + part_chunk_;
    if (chunk_count_ % chunks_per_part_ != 0) part_chunk_.where(number < chunk_count_);
    AddPieces(part_sum_, {unit_, row_, tile_column_, tile_row_, part_}, part_chunk_ == 0,
              tile_sum_(unit_, row_, tile_column_, tile_row_, Halide::min(number, chunk_count_ - 1)));
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
    Var outer, inner;
    out.compute_root().bound(m, 0, units_).bound(n, 0, context_.rows);
    out.split(m, outer, inner, tile_width_, TailStrategy::GuardWithIf)
        .reorder(inner, outer, n)
        .vectorize(inner, context_.lanes, TailStrategy::GuardWithIf);
    out.parallel(n, CeilDiv(context_.batch_size, kTasks), TailStrategy::GuardWithIf);
    total_.compute_at(out, outer).bound_extent(unit_, tile_width_).vectorize(unit_, context_.lanes).unroll(unit_);
    total_.update()
        .reorder(unit_, row_, tile_column_, tile_row_, parts_)
        .vectorize(unit_, context_.lanes)
        .unroll(unit_);
  }

  // A task is a block of rows in a part of the depth.
  void ScheduleParts() {
    Var block, task;
    part_sum_.compute_root()
        .bound(unit_, 0, tile_width_)
        .bound(row_, 0, tile_.rows)
        .bound(tile_column_, 0, tile_columns_)
        .bound(part_, 0, part_count_);
    part_sum_.bound(tile_row_, 0, (context_.rows + tile_.rows - 1) / tile_.rows).bound_storage(tile_row_, tile_rows_);
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
    if (!ReadsInPlace(tile_, units_, context_.lanes, listed_)) {
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
    if (listed_) list_.Schedule(part_sum_, part_chunk_.x, tile_rows_per_block_);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const bool listed_;
  const Tensor x_, w_;
  const int depth_, units_;
  const Tile tile_;
  const int tile_width_;  // in units
  const int tile_columns_, tile_rows_, tile_rows_per_block_;
  const int chunk_depth_, chunk_count_;
  const int chunks_per_part_, part_count_;
  const Var unit_{"unit"}, row_{"row"};  // of a tile
  const Var tile_column_{"tile_column"}, tile_row_{"tile_row"};
  const Var depth_in_chunk_{"depth_in_chunk"}, chunk_{"chunk"}, part_{"part"};
  const RDom parts_;
  RDom r_, part_chunk_;  // r_: the depth of a chunk, or the entries of its list
  Func panel_{"panel"}, tile_sum_{"tile_sum"}, part_sum_{"part_sum"}, total_{"total"};
  RowLists list_;
};

// The work of loading the weights once, and all sums once for each chunk of the depth.
Work CostOfSplit(const KernelSpec& spec, const Machine& machine, bool listed) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  const double full = static_cast<double>(problem.columns) / (CeilDiv(problem.columns, machine.lanes) * machine.lanes);
  if (listed) {
    const double share = spec.IsSparse(spec.operand(0)) ? kNonzeroShare : 1;
    work.sparse_products = share * problem.products() / full;
    work.tested = Elements(spec, spec.operand(0));
  } else {
    work.products = problem.products();
    work.tile_utilization = full * std::min(1.0, static_cast<double>(problem.rows) / kMinSharingRows);
  }
  const Tile tile =
      listed ? ListedTile(problem.columns, machine.lanes) : ChooseTile(problem.columns, problem.rows, machine);
  const int block_rows = std::max(1, kRowsPerBlock / tile.rows) * tile.rows, blocks = CeilDiv(problem.rows, block_rows);
  if (!ReadsInPlace(tile, problem.columns, machine.lanes, listed)) {
    // Each block of rows copies the weights.
    work.cache_bytes += 4.0 * blocks * Elements(spec, spec.operand(1));
  }
  // Each chunk loads and stores the sums of its part.  Then the parts are added, mostly on other cores than those that
  // stored them.
  const int chunks = CeilDiv(problem.depth, kMaxChunkDepth), parts = CeilDiv(chunks, ChunksPerPart(chunks, blocks));
  work.cache_bytes += 8.0 * chunks * Elements(spec, spec.sums());
  work.memory_bytes += kExchangedBytes * parts * Elements(spec, spec.sums());
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
