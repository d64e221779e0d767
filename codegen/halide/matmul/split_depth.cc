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

constexpr int kDepthChunk = 64;         // less if that many rows of the weights would not fit the first-level cache
constexpr int kListedVectors = 8;       // vectors of results while a list is iterated over
constexpr int kBlockRows = 64;          // rows of x in a task
constexpr double kExchangedBytes = 20;  // the price of a sum that one core stores and another loads
constexpr double kMinShared = 8;        // rows of x that share what a tile loads of w; with fewer, loads are the limit

// The tile of a list, whose products are of one row of x.
Tile ListedTile(int64_t units, int lanes) {
  return {static_cast<int>(std::min<int64_t>(kListedVectors, CeilDiv(units, lanes))), 1};
}

// Whether a strip of w is as wide as w, so that a list reads its rows in place.
bool ReadsInPlace(const Tile& tile, int64_t units, int lanes, bool listed) {
  return listed && units == lanes * tile.vectors;
}

// The number of chunks in each part, so that there are enough tasks.
int ChunksOfPart(int chunks, int blocks) { return CeilDiv(chunks, std::max(1, static_cast<int>(kTasks) / blocks)); }

// The kernel while it is built; `listed`: it lists the nonzero elements of x.
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
        across_(context_.lanes * tile_.vectors),
        columns_(CeilDiv(units_, across_)),
        rows_(CeilDiv(context_.batch_size, tile_.rows)),
        block_rows_(std::min(rows_, std::max(1, kBlockRows / tile_.rows))),
        chunk_depth_(static_cast<int>(std::clamp<int64_t>(
            8 * context_.l1_bytes / (int64_t{columns_} * across_ * 4) / kFlags * kFlags, kFlags, kDepthChunk))),
        chunks_(CeilDiv(depth_, chunk_depth_)),
        each_(ChunksOfPart(chunks_, CeilDiv(rows_, block_rows_))),
        parts_(CeilDiv(chunks_, each_)),
        all_parts_(0, parts_, "all"),
        r_(0, chunk_depth_, "r"),
        chunk_of_part_(0, each_, "walk"),
        list_(context_, {context_.batch_size, depth_, context_.rows, depth_, chunk_depth_, false,
                         [this](const Expr& of, const Expr& in) {
                           return IsNonzero(x_({of, in}));
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
    const Expr row_of_w = chunk_ * chunk_depth_ + k_, unit = column_ * across_ + l_;
    panel_(l_, k_, column_, chunk_) = w_({ragged() ? Halide::min(row_of_w, depth_ - 1) : row_of_w,
                                          units_ % across_ == 0 ? unit : Halide::min(unit, units_ - 1)});
  }

  // The sums of a tile over a chunk.
  void DefineTileSum() {
    const Expr in_chunk = listed_ ? Halide::unsafe_promise_clamped(list_.Place(r_, row_, chunk_), 0, chunk_depth_ - 1)
                                  : Expr(r_),
               at = chunk_ * chunk_depth_ + in_chunk;
    if (listed_)
      r_.where(r_ < list_.Count(row_, chunk_));  // becomes the bound of the loop
    else if (ragged())
      r_.where(at <= depth_ - 1);
    tile_sum_(l_, i_, column_, row_, chunk_) = 0.0f;
    tile_sum_(l_, i_, column_, row_, chunk_) +=
        x_({Halide::min(row_ * tile_.rows + i_, context_.rows - 1), ragged() ? Halide::min(at, depth_ - 1) : at}) *
        panel_(l_, in_chunk, column_, chunk_);
  }

  void DefineParts() {
    const Expr number = part_ * each_ + chunk_of_part_;
    if (chunks_ % each_ != 0) chunk_of_part_.where(number < chunks_);
    AddPieces(part_sum_, {l_, i_, column_, row_, part_}, chunk_of_part_ == 0,
              tile_sum_(l_, i_, column_, row_, Halide::min(number, chunks_ - 1)));
    total_(l_, i_, column_, row_) = 0.0f;
    total_(l_, i_, column_, row_) += part_sum_(l_, i_, column_, row_, all_parts_);
  }

  Func DefineResults() {
    const Var m = Axis(0), n = Axis(1);
    const Expr sum = total_(m % across_, n % tile_.rows, m / across_, n / tile_.rows);
    Func out = MakeFunc("out", Axes(2), builder_.ResultsAt(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void ScheduleResults(Func& out) {
    const Var m = Axis(0), n = Axis(1);
    Var outer, inner;
    out.compute_root().bound(m, 0, units_).bound(n, 0, context_.rows);
    out.split(m, outer, inner, across_, TailStrategy::GuardWithIf)
        .reorder(inner, outer, n)
        .vectorize(inner, context_.lanes, TailStrategy::GuardWithIf);
    out.parallel(n, CeilDiv(context_.batch_size, kTasks), TailStrategy::GuardWithIf);
    total_.compute_at(out, outer).bound_extent(l_, across_).vectorize(l_, context_.lanes).unroll(l_);
    total_.update().reorder(l_, i_, column_, row_, all_parts_).vectorize(l_, context_.lanes).unroll(l_);
  }

  // A task is a block of rows in a part of the depth.
  void ScheduleParts() {
    Var block, task;
    part_sum_.compute_root()
        .bound(l_, 0, across_)
        .bound(i_, 0, tile_.rows)
        .bound(column_, 0, columns_)
        .bound(part_, 0, parts_);
    part_sum_.bound(row_, 0, (context_.rows + tile_.rows - 1) / tile_.rows).bound_storage(row_, rows_);
    part_sum_.update()
        .split(row_, block, row_, block_rows_, TailStrategy::GuardWithIf)
        .reorder(l_, i_, row_, column_, chunk_of_part_, block, part_);
    part_sum_.update().vectorize(l_, context_.lanes).unroll(l_).unroll(i_).fuse(block, part_, task).parallel(task);
  }

  void ScheduleTiles() {
    if (!ReadsInPlace(tile_, units_, context_.lanes, listed_)) {
      panel_.compute_at(part_sum_, chunk_of_part_.x)
          .store_in(kOnStack)
          .bound(l_, 0, across_)
          .bound_extent(k_, chunk_depth_)
          .bound(column_, 0, columns_);
      panel_.reorder(l_, column_, k_, chunk_).vectorize(l_, context_.lanes).unroll(l_).unroll(column_);
    }
    tile_sum_.compute_at(part_sum_, row_).vectorize(l_, context_.lanes).unroll(l_).unroll(i_);
    tile_sum_.update().reorder(l_, i_, r_).vectorize(l_, context_.lanes).unroll(l_).unroll(i_);
    if (listed_) list_.Schedule(part_sum_, chunk_of_part_.x, block_rows_);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const bool listed_;
  const Tensor x_, w_;
  const int depth_, units_;
  const Tile tile_;
  const int across_, columns_;   // units of a tile, tiles across
  const int rows_, block_rows_;  // rows of tiles, of a block
  const int chunk_depth_, chunks_;
  const int each_, parts_;              // chunks of a part, as many parts as give enough tasks
  const Var l_{"l"}, i_{"i"}, k_{"k"};  // unit and row of a tile, row of a chunk of w
  const Var column_{"column"}, row_{"row"}, part_{"part"}, chunk_{"chunk"};  // column and row count tiles
  const RDom all_parts_;
  RDom r_, chunk_of_part_;
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
    work.tile_utilization = full * std::min(1.0, static_cast<double>(problem.rows) / kMinShared);
  }
  const Tile tile =
      listed ? ListedTile(problem.columns, machine.lanes) : ChooseTile(problem.columns, problem.rows, machine);
  const int block_rows = std::max(1, kBlockRows / tile.rows) * tile.rows, blocks = CeilDiv(problem.rows, block_rows);
  if (!ReadsInPlace(tile, problem.columns, machine.lanes, listed)) {
    // Each block of rows copies the weights.
    work.cache_bytes += 4.0 * blocks * Elements(spec, spec.operand(1));
  }
  // Each chunk loads and stores the sums of its part.  Then the parts are added, mostly on other cores than those that
  // stored them.
  const int chunks = CeilDiv(problem.depth, kDepthChunk), parts = CeilDiv(chunks, ChunksOfPart(chunks, blocks));
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
