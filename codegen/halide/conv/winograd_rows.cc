#include "codegen/halide/conv/winograd_rows.h"

#include <algorithm>

#include "codegen/halide/conv/winograd.h"
#include "codegen/halide/conv/winograd_transforms.h"
#include "ir/op.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kRowTaps = 3, kTileColumns = 4;  // the taps, and the sums of a tile, along a row
constexpr int kRowPoints = kTileColumns + kRowTaps - 1;
constexpr int kMaxChannels = 8;
constexpr int kTileRows = 2;                  // of sums; each transformed weight that is loaded serves all of them
constexpr int64_t kMaxRowsBytes = 128 << 10;  // of the transformed rows of one tile, on the task's stack

// The number of vectors of filters in a block.  The sums of a tile for these filters are in registers at once, besides
// a vector of weights for each vector of filters and one transformed pixel.
int FilterVectorsPerBlock(int filters, const Machine& machine) {
  int vectors = (machine.registers - 1) / (kTileRows * kRowPoints + 1);
  while (vectors > 1 && filters % (vectors * machine.lanes) != 0) --vectors;
  return vectors;
}

// The extents of the sums that are needed.  Those past the last window of the pool are not.
struct SumsSize {
  int height, width;
};
SumsSize SumsSizeOf(const ConvProblem& conv) {
  return {conv.rows / conv.pool_rows * conv.pool_rows, conv.columns / conv.pool_columns * conv.pool_columns};
}

// Whether the epilogue draws random numbers.  A random number is a function of an element's index in the result, but
// here the epilogue is computed over tiles, whose elements have other indices.
bool DrawsRandomNumbers(const KernelSpec& spec) {
  for (const std::vector<const ir::Node*>* nodes : {&spec.epilogue, &spec.pooled_epilogue}) {
    for (const ir::Node* node : *nodes) {
      if (node->op->kind == ir::OpKind::kRandom) return true;
    }
  }
  return false;
}

// Builds the kernel: the transformed weights (weights_) and rows of the image (rows_), the sums of the tiles (sum_),
// the results of the tiles, and the results in the order of the image.
class WinogradRows {
 public:
  explicit WinogradRows(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        conv_(ConvProblemOf(builder.spec())),
        image_(builder.Bordered(builder.Read(builder.spec().operand(0)), conv_.window)),
        w_(builder.Read(builder.spec().operand(1))),
        image_rows_(RowsOf(image_)),
        pool_size_(conv_.pool_rows),
        height_(conv_.rows / pool_size_),
        width_(conv_.columns / pool_size_),
        filters_per_block_(context_.lanes * FilterVectorsPerBlock(conv_.filters, context_)),
        tile_result_columns_(kTileColumns / pool_size_),
        tile_result_rows_(kTileRows / pool_size_),
        tile_columns_(CeilDiv(width_, tile_result_columns_)) {}

  ScheduledKernel Build() {
    DefineTransforms();
    const std::vector<Expr> values = DefineSums();
    Func tiles = MakeFunc("tiles", Axes(4), values);
    Func out = MakeFunc("out", Axes(4), FromTiles(tiles, values.size()));
    builder_.AddOutput(out, builder_.spec().results);
    Schedule(out, tiles);
    return builder_.Finish();
  }

 private:
  void DefineTransforms() {
    const Expr filter = block_ * filters_per_block_ + block_filter_;
    weights_(block_filter_, point_, channel_, tap_row_, block_) =
        Halide::mux(tap_row_, MakeTerms(kRowTaps, [&](int a) {
                      return Transform(transforms_.filter, kRowPoints, point_, MakeTerms(kRowTaps, [&](int b) {
                                         return w_({a, b, channel_, filter});
                                       }));
                    }));
    // A tile may begin at any pixel, so a row of the image is transformed at every offset in floats.
    rows_(element_, point_, axes_.y, axes_.n) =
        Transform(transforms_.input, kRowPoints, point_, MakeTerms(kRowPoints, [&](int b) {
                    return image_rows_({axes_.n, axes_.y, element_ + b * conv_.channels});
                  }));
  }

  // Defines the sums, and returns the results of the tiles.  Here axes_.x counts the results of a tile along a row, and
  // axes_.n the columns of tiles of all images: it is image · tile_columns_ + column.  The last column of an image is
  // shifted inwards.
  std::vector<Expr> DefineSums() {
    r_ = RDom(0, conv_.channels, 0, kRowTaps, "r");
    const Expr first =
        Halide::min(axes_.n % tile_columns_ * kTileColumns, width_ * pool_size_ - kTileColumns) * conv_.channels;
    sum_(axes_.c, point_, axes_.y, axes_.n) = 0.0f;
    sum_(axes_.c, point_, axes_.y, axes_.n) +=
        weights_(axes_.c % filters_per_block_, point_, r_.x, r_.y, axes_.c / filters_per_block_) *
        rows_(first + r_.x, point_, axes_.y + r_.y, axes_.n / tile_columns_);
    const Index pixel = {
        axes_.n / tile_columns_, axes_.y,
        Halide::min(axes_.n % tile_columns_ * tile_result_columns_, width_ - tile_result_columns_) + axes_.x, axes_.c};
    return builder_.LowerEpilogue(pixel, [&](int cell_row, int cell_column) {
      return Transform(transforms_.output, kTileColumns, axes_.x * pool_size_ + cell_column,
                       MakeTerms(kRowPoints, [&](int point) {
                         return sum_(axes_.c, point, axes_.y * pool_size_ + cell_row, axes_.n);
                       }));
    });
  }

  // The results in the order of the image, read from `tiles`, a Func of `values` values.
  std::vector<Expr> FromTiles(const Func& tiles, size_t values) const {
    const Expr column = axes_.x / tile_result_columns_,
               column_in_tile = axes_.x - Halide::min(column * tile_result_columns_, width_ - tile_result_columns_);
    std::vector<Expr> results;
    for (size_t value = 0; value < values; ++value) {
      const Halide::FuncRef element =
          tiles(axes_.c, Halide::unsafe_promise_clamped(column_in_tile, 0, tile_result_columns_ - 1), axes_.y,
                axes_.n * tile_columns_ + column);
      results.push_back(values == 1 ? Expr(element) : element[static_cast<int>(value)]);
    }
    return results;
  }

  // The number of rows of results in a chunk.  The transformed rows of a chunk fill three quarters of the first-level
  // cache, or more if images are wide.
  int ChunkRows() const {
    const int rows_bytes = static_cast<int>(context_.l1_bytes / 4 * 3);
    const int row_bytes = static_cast<int>(image_.type.shape[2]) * conv_.channels * kRowPoints * 4;
    int chunk_rows = std::clamp(rows_bytes / (row_bytes * pool_size_) / tile_result_rows_ * tile_result_rows_,
                                tile_result_rows_, height_ / tile_result_rows_ * tile_result_rows_);
    // If images and chunks become one loop, chunks must divide the image: Halide does not see that a chunk which is
    // shifted inwards has whole rows of tiles.
    while (context_.batch_size < context_.tasks && height_ % chunk_rows != 0) chunk_rows -= tile_result_rows_;
    return chunk_rows;
  }

  void Schedule(Func& out, Func& tiles) {
    const int filters = conv_.filters, lanes = context_.lanes, chunk_rows = ChunkRows();
    Var column, x, chunk, tile_row, y, block, c;
    BoundImage(out, height_, width_, filters, context_.batch_extent);
    out.split(axes_.c, block, c, filters_per_block_)
        .split(axes_.x, column, x, tile_result_columns_, TailStrategy::GuardWithIf);
    out.split(axes_.y, chunk, y, chunk_rows, TailStrategy::ShiftInwards).split(y, tile_row, y, tile_result_rows_);
    out.reorder(c, x, y, column, tile_row, block, chunk, axes_.n).vectorize(c, lanes).unroll(c).unroll(y);
    const std::vector<Loop> loops = {{axes_.n, context_.batch_size}, {chunk, CeilDiv(height_, chunk_rows)}};
    const ParallelLoop parallel = ParallelizeOuterLoops(out, loops, context_);
    rows_.compute_at(out, parallel.LoopAfterFusion(chunk))
        .store_in(kOnStack)
        .bound_extent(point_, kRowPoints)
        .reorder(point_, element_, axes_.y)
        .vectorize(element_, lanes, TailStrategy::ShiftInwards)
        .unroll(point_);
    tiles.compute_at(out, column).bound_extent(axes_.c, filters_per_block_).bound(axes_.x, 0, tile_result_columns_);
    tiles.vectorize(axes_.c, lanes).unroll(axes_.c).unroll(axes_.x).unroll(axes_.y);
    sum_.compute_at(out, column).bound_extent(axes_.c, filters_per_block_).bound_extent(point_, kRowPoints);
    sum_.vectorize(axes_.c, lanes).unroll(axes_.c).unroll(point_).unroll(axes_.y);
    sum_.update()
        .reorder(axes_.c, point_, axes_.y, r_.x, r_.y)
        .vectorize(axes_.c, lanes)
        .unroll(axes_.c)
        .unroll(point_)
        .unroll(axes_.y);
    weights_.compute_root()
        .bound(block_filter_, 0, filters_per_block_)
        .bound(point_, 0, kRowPoints)
        .bound(channel_, 0, conv_.channels)
        .bound(tap_row_, 0, kRowTaps)
        .bound(block_, 0, filters / filters_per_block_);
    weights_.vectorize(block_filter_, lanes).unroll(point_).unroll(tap_row_);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const Tensor image_, w_, image_rows_;
  const int pool_size_;       // the side of the pool's window; 1 if there is no pool
  const int height_, width_;  // of the results
  const int filters_per_block_;
  const int tile_result_columns_, tile_result_rows_;  // the extents of the results of a tile, after the pool
  const int tile_columns_;                            // the number of tiles along a row of the image
  const Transforms transforms_ = MakeTransforms(kTileColumns, kRowTaps);
  const ImageAxes axes_ = AxesOfImage();
  const Var element_{"element"};  // of a row of the image, a sequence of floats
  const Var point_{"point"}, tap_row_{"tap_row"}, channel_{"channel"};
  const Var block_{"block"}, block_filter_{"block_filter"};
  Func weights_{"weights"}, rows_{"rows"}, sum_{"sum"};
  RDom r_;
};

}  // namespace

std::string CanWinogradRows(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsWinogradKernel(conv); !reason.empty()) return reason;
  if (std::string reason = NeedsOneGroup(conv); !reason.empty()) return reason;
  if (conv.window.size[0] != kRowTaps) return "its kernel is not 3×3";
  if (conv.pooled() && (conv.pool_rows != 2 || conv.pool_columns != 2)) return "windows of its pool are not 2×2";
  if (conv.channels > kMaxChannels) return "it has more than eight channels, over which its rounding exceeds the bound";
  if (conv.filters % machine.lanes != 0) return "its filters do not fill vectors";
  if (FilterVectorsPerBlock(conv.filters, machine) < 1) return "the sums of a tile exceed the registers";
  const SumsSize sums = SumsSizeOf(conv);
  // With an odd number, tasks that overlap would run different code for a row.
  if (sums.height == 0 || sums.height % kTileRows != 0) return "its lines are odd in number";
  // Rows are transformed in whole vectors; a shorter row would be read past the end of the image.
  if ((sums.width - kTileColumns + 1) * conv.channels < machine.lanes)
    return "a row of the image is shorter than a vector";
  if (int64_t{sums.width} * conv.channels * kRowPoints * 4 * (kTileRows + kRowTaps - 1) > kMaxRowsBytes)
    return "rows of a tile do not fit a task's stack";
  if (DrawsRandomNumbers(spec)) return "its epilogue draws random numbers";
  return "";
}

Work CostWinogradRows(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const SumsSize sums = SumsSizeOf(conv);
  const double tiles = double{1} * conv.batch * sums.height * CeilDiv(sums.width, kTileColumns);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  work.products = tiles * kRowTaps * kRowPoints * conv.channels * conv.filters;
  // Operands are loaded and transformed meanwhile, so about one multiply-add begins in a cycle.  With one vector of
  // filters, the sums also wait for the loads.
  work.tile_utilization = std::min(1.0, 1 / machine.multiply_adds_per_cycle);
  if (FilterVectorsPerBlock(conv.filters, machine) < 2) work.tile_utilization = 0.5;
  // Operations for each point: transforming each channel of the image, and the inverse transform of each filter.
  work.elementwise_operations += tiles * kRowPoints * (6.0 * conv.channels + 4.0 * conv.filters);
  return work;
}

ScheduledKernel BuildWinogradRows(KernelBuilder& builder) { return WinogradRows(builder).Build(); }

}  // namespace brine::codegen
