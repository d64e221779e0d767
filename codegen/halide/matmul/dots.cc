// Products with the rows of the second operand, such as the input gradient dx = dy·wᵀ of a dense layer:
//   y[n, c] = Σ over k of a[n, k] · b[c, k]
// Each result is the dot product of two contiguous rows.  Its sum is a vector, whose lanes are added at the end.
// Several dot products are computed together and share what they load.  The weights are not transposed, since this may
// take longer than the products.
//
// If the epilogue masks the result, as the gradient of a ReLU does, half of the results or more are zero whatever the
// products are.  Then masked-dots computes only those that the mask keeps.
#include <algorithm>

#include "codegen/halide/matmul/problem.h"
#include "codegen/halide/sparse/row_lists.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

constexpr int kDotsPerGroup = 4;  // dot products with the same row of a, of which each vector is loaded once

// The terms of dot products over the depth, one vector of `lanes` elements in each step.  If vectors do not divide the
// depth, the last vector is shifted inwards to end with the row, and those of its terms that the step before has added
// are 0.
class DotTerms {
 public:
  DotTerms(const Tensor& a, const Tensor& b, int lanes)
      : a_(a),
        b_(b),
        depth_(static_cast<int>(b.type.shape[1])),
        lanes_(lanes),
        is_last_shifted_(depth_ % lanes != 0),
        step(0, CeilDiv(depth_, lanes), "step") {}

  // The term of lane `lane` in the step, for row `a_row` of a and row `b_row` of b.
  Expr operator()(const Expr& a_row, const Expr& b_row, const Expr& lane) const {
    const Expr k = (is_last_shifted_ ? Halide::min(step * lanes_, depth_ - lanes_) : step * lanes_) + lane,
               product = a_({a_row, k}) * b_({b_row, k});
    return is_last_shifted_ ? Halide::select(k >= step * lanes_, product, 0.0f) : product;
  }

 private:
  const Tensor a_, b_;
  const int depth_, lanes_;
  const bool is_last_shifted_;

 public:
  const RDom step;
};

// The number of columns of the result in a block, which are rows of b: a multiple of the vector width, such that a
// block of b is about four first-level caches, and such that blocks are about equally wide.  Lists hold the column in a
// block as a byte.
int ColumnsPerBlock(int columns, int depth, const Machine& machine) {
  const int64_t cached_columns = 4 * machine.l1_bytes / (int64_t{depth} * 4);
  const int max_columns =
      static_cast<int>(std::clamp<int64_t>(cached_columns, machine.lanes, kMaxChunkColumns - machine.lanes)) /
      machine.lanes * machine.lanes;
  return CeilDiv(CeilDiv(columns, CeilDiv(columns, max_columns)), machine.lanes) * machine.lanes;
}

// The number of strips of `rows_per_strip` rows that a task computes in one of `blocks` blocks.
int StripsPerTask(const LoopContext& context, int blocks, int rows_per_strip) {
  return CeilDiv(CeilDiv(context.batch_size, rows_per_strip), std::max(1, context.tasks / blocks));
}

std::string CanDotsOfRows(const KernelSpec& spec, const Machine& machine) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  if (std::string reason = NeedsTransposedB(problem); !reason.empty()) return reason;
  if (std::string reason = NeedsFlat(problem); !reason.empty()) return reason;
  if (problem.depth < machine.lanes) return "its rows are shorter than a vector";
  return "";
}

constexpr double kLaneSumCycles = 1;    // for adding up the lanes of a sum, together with others
constexpr double kListedDotCycles = 8;  // for that, and for storing the sum at the place that a list names
constexpr double kDotBytes = 2.5;       // that a product along a list waits for; some rows are in the first-level cache

// What both strategies share: the operands, and the blocks of columns into which the result is cut.
class RowProducts {
 protected:
  explicit RowProducts(KernelBuilder& builder)
      : builder_(builder),
        spec_(builder.spec()),
        context_(builder.context()),
        lanes_(context_.lanes),
        a_(builder.Read(spec_.operand(0))),
        b_(builder.Read(spec_.operand(1))),
        columns_(static_cast<int>(b_.type.shape[0])),
        block_columns_(ColumnsPerBlock(columns_, static_cast<int>(b_.type.shape[1]), context_)),
        blocks_(CeilDiv(columns_, block_columns_)),
        terms_(a_, b_, lanes_),
        summed_lane_(0, lanes_, "summed_lane") {}

  // The result, whose sums before the epilogue node `sums_value` are `sum`, in blocks of columns.
  Func MakeResult(ir::ValueId sums_value, const Expr& sum) {
    Func out = MakeFunc("out", Axes(2), builder_.LowerEpilogue(sums_value, sum));
    builder_.AddOutput(out, spec_.results);
    out.bound(x_, 0, columns_).bound(n_, 0, context_.batch_extent);
    out.split(x_, out_block_, x_, block_columns_, TailStrategy::GuardWithIf);
    return out;
  }

  // A task is the strips of `strips` in one block.
  void ParallelizeBlocks(Func& out, const Var& strips) {
    Var task;
    out.vectorize(x_, lanes_, TailStrategy::GuardWithIf).fuse(out_block_, strips, task).parallel(task);
  }

  KernelBuilder& builder_;
  const KernelSpec& spec_;
  const LoopContext& context_;
  const int lanes_;
  const Tensor a_, b_;
  const int columns_, block_columns_, blocks_;
  const DotTerms terms_;
  const RDom summed_lane_;
  const Var x_ = Axis(0), n_ = Axis(1);
  Var out_block_;
  const Var lane_{"lane"}, dot_{"dot"}, group_{"group"}, block_{"block"}, block_column_{"block_column"};
  Func dots_{"dots"}, sums_{"sums"};
};

// Computes the dot products that the mask of the kernel keeps.
class MaskedDots : RowProducts {
 public:
  explicit MaskedDots(KernelBuilder& builder)
      : RowProducts(builder),
        list_(context_, {context_.batch_size, columns_, context_.batch_extent, columns_, block_columns_, false,
                         [mask = *builder.Parameter(spec_.mask)](const Expr& row, const Expr& column) {
                           return mask({row, column}) > 0.0f;
                         }}),
        listed_(0, kDotsPerGroup, 0, CeilDiv(block_columns_, kDotsPerGroup), "r") {}

  ScheduledKernel Build() {
    MakeRow();
    Func out = MakeResult(spec_.masked, row_(x_ % block_columns_, n_, x_ / block_columns_));
    Var rows;
    out.split(n_, rows, n_, StripsPerTask(context_, blocks_, 1), TailStrategy::GuardWithIf)
        .reorder(x_, n_, out_block_, rows);
    ParallelizeBlocks(out, rows);
    ScheduleRow(out);
    list_.Schedule();
    ScheduledKernel kernel = builder_.Finish();
    kernel.sparse = spec_.mask;
    return kernel;
  }

 private:
  // dots_ has a vector of partial sums for each entry in a group of kDotsPerGroup entries of a list, and sums_ adds the
  // lanes.  The sums are stored in row_, at the columns that the entries name.  Entries past the last one name a column
  // past the block, which nothing reads.
  void MakeRow() {
    const Expr column =
        Halide::min(block_ * block_columns_ + list_.Entry(group_ * kDotsPerGroup + dot_, n_, block_), columns_ - 1);
    dots_(lane_, dot_, group_, n_, block_) = 0.0f;
    dots_(lane_, dot_, group_, n_, block_) +=
        terms_(n_, Halide::unsafe_promise_clamped(column, 0, columns_ - 1), lane_);
    sums_(dot_, group_, n_, block_) = 0.0f;
    sums_(dot_, group_, n_, block_) += dots_(summed_lane_, dot_, group_, n_, block_);
    listed_.where(listed_.y * kDotsPerGroup < list_.Count(n_, block_));  // becomes the bound of the loop
    const Expr entry = list_.Entry(listed_.y * kDotsPerGroup + listed_.x, n_, block_);
    row_(block_column_, n_, block_) = 0.0f;
    row_(Halide::unsafe_promise_clamped(entry, 0, block_columns_), n_, block_) =
        sums_(listed_.x, listed_.y, n_, block_);
  }

  void ScheduleRow(Func& out) {
    row_.compute_at(out, n_)
        .store_in(kOnStack)
        .bound_extent(block_column_, block_columns_ + 1)
        .vectorize(block_column_, lanes_, TailStrategy::GuardWithIf);
    row_.update().reorder(listed_.x, listed_.y).unroll(listed_.x);
    sums_.compute_at(row_, listed_.y).unroll(dot_);
    sums_.update().reorder(summed_lane_, dot_).atomic().vectorize(summed_lane_).unroll(dot_);
    dots_.compute_at(row_, listed_.y).vectorize(lane_, lanes_).unroll(dot_).bound_extent(dot_, kDotsPerGroup);
    dots_.update().reorder(lane_, dot_, terms_.step).vectorize(lane_, lanes_).unroll(dot_);
  }

  RowLists list_;
  RDom listed_;  // x: dot, y: group
  Func row_{"row"};
};

// Computes all dot products, in tiles of several columns and several rows.
class Dots : RowProducts {
 public:
  explicit Dots(KernelBuilder& builder)
      : RowProducts(builder),
        strip_rows_(
            static_cast<int>(std::min<int64_t>(context_.batch_size, context_.registers / (2 * kDotsPerGroup)))) {}

  ScheduledKernel Build() {
    MakeSums();
    Func out = MakeResult(spec_.sums(),
                          strip_sums_(x_ % block_columns_, n_ % strip_rows_, n_ / strip_rows_, x_ / block_columns_));
    Var strips, out_strip;
    out.split(n_, out_strip, n_, strip_rows_, TailStrategy::GuardWithIf)
        .split(out_strip, strips, out_strip, StripsPerTask(context_, blocks_, strip_rows_), TailStrategy::GuardWithIf)
        .reorder(x_, n_, out_strip, out_block_, strips);
    ParallelizeBlocks(out, strips);
    ScheduleSums(out, out_strip);
    return builder_.Finish();
  }

 private:
  // A tile is the dot products of kDotsPerGroup columns of a block with the rows of a strip: dots_ has a vector of
  // partial sums for each, and sums_ adds the lanes.  Columns and rows past the last one are clamped to it, and their
  // sums are discarded.
  void MakeSums() {
    dots_(lane_, dot_, row_, group_, strip_, block_) = 0.0f;
    dots_(lane_, dot_, row_, group_, strip_, block_) +=
        terms_(Halide::min(strip_ * strip_rows_ + row_, context_.batch_extent - 1),
               Halide::min(block_ * block_columns_ + group_ * kDotsPerGroup + dot_, columns_ - 1), lane_);
    sums_(dot_, row_, group_, strip_, block_) = 0.0f;
    sums_(dot_, row_, group_, strip_, block_) += dots_(summed_lane_, dot_, row_, group_, strip_, block_);
    strip_sums_(block_column_, row_, strip_, block_) =
        sums_(block_column_ % kDotsPerGroup, row_, block_column_ / kDotsPerGroup, strip_, block_);
  }

  void ScheduleSums(Func& out, const Var& out_strip) {
    strip_sums_.compute_at(out, out_strip)
        .store_in(kOnStack)
        .bound_extent(block_column_, block_columns_)
        .bound_extent(row_, strip_rows_);
    Var tile;
    strip_sums_.split(block_column_, tile, block_column_, kDotsPerGroup, TailStrategy::RoundUp)
        .reorder(block_column_, row_, tile)
        .unroll(block_column_)
        .unroll(row_);
    sums_.compute_at(strip_sums_, tile).unroll(dot_).unroll(row_);
    sums_.update().reorder(summed_lane_, dot_, row_).atomic().vectorize(summed_lane_).unroll(dot_).unroll(row_);
    dots_.compute_at(strip_sums_, tile).vectorize(lane_, lanes_).unroll(dot_).unroll(row_);
    dots_.update().reorder(lane_, dot_, row_, terms_.step).vectorize(lane_, lanes_).unroll(dot_).unroll(row_);
  }

  // A strip is some rows of a, which share what a tile loads of b.  The sums of a tile fill half of the registers; the
  // other half is for what is loaded.
  const int strip_rows_;
  const Var row_{"row"}, strip_{"strip"};
  Func strip_sums_{"strip_sums"};
};

}  // namespace

std::string CanMaskedDots(const KernelSpec& spec, const Machine& machine) {
  if (std::string reason = CanDotsOfRows(spec, machine); !reason.empty()) return reason;
  return spec.mask == ir::kNoValue ? "its result is not masked" : "";
}

Work CostMaskedDots(const KernelSpec& spec, const Machine&) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  // Of the elements after a normalization, half are positive.
  const double share = spec.IsSparse(spec.mask) ? spec.nonzero_share : 0.5;
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  // The rows of b come from the second-level cache, which takes longer than the multiply-adds: see ColumnsPerBlock.
  work.cache_bytes += kDotBytes * share * problem.products();
  work.element_cycles += kListedDotCycles * share * ElementCount(spec, spec.sums());
  work.tested_elements = ElementCount(spec, spec.mask);
  return work;
}

ScheduledKernel BuildMaskedDots(KernelBuilder& builder) { return MaskedDots(builder).Build(); }

std::string CanDots(const KernelSpec& spec, const Machine& machine) { return CanDotsOfRows(spec, machine); }

Work CostDots(const KernelSpec& spec, const Machine&) {
  const MatmulProblem problem = MatmulProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  work.products = problem.products();
  // A tile of dots has fewer products for each load than a register tile of a matrix product.
  work.tile_utilization = 0.5;
  work.element_cycles += kLaneSumCycles * ElementCount(spec, spec.sums());
  return work;
}

ScheduledKernel BuildDots(KernelBuilder& builder) { return Dots(builder).Build(); }

}  // namespace brine::codegen
