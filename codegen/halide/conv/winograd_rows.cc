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

constexpr int kRowTaps = 3, kRowTile = 4;  // a tile is kRowTile sums along a row
constexpr int kRowPoints = kRowTile + kRowTaps - 1;
constexpr int kMaxChannels = 8;
constexpr int kTileLines = 2;                 // lines of sums in a tile: each transformed weight serves so many sums
constexpr int64_t kMaxRowsBytes = 128 << 10;  // the size of the transformed rows of one tile, on the task's stack

// The number of vectors of filters whose sums are in registers at once, beside a vector of weights for each and one
// pixel.
int FilterVectorsOf(int filters, const Machine& machine) {
  int vectors = (machine.registers - 1) / (kTileLines * kRowPoints + 1);
  while (vectors > 1 && filters % (vectors * machine.lanes) != 0) --vectors;
  return vectors;
}

// Rows and columns of sums; those past the last window of the pool are not needed.
struct RowSums {
  int height, width;
};
RowSums RowSumsOf(const ConvProblem& conv) {
  return {conv.rows / conv.pool_rows * conv.pool_rows, conv.columns / conv.pool_columns * conv.pool_columns};
}

// Whether the epilogue draws random numbers.  They are a function of an element's index in the result, but here the
// epilogue is computed over tiles, whose elements have other indices.
bool DrawsRandomNumbers(const KernelSpec& spec) {
  for (const std::vector<const ir::Node*>* nodes : {&spec.epilogue, &spec.pooled_epilogue}) {
    for (const ir::Node* node : *nodes) {
      if (node->op->kind == ir::OpKind::kRandom) return true;
    }
  }
  return false;
}

// Builds the kernel: transforms, the sums of tiles, and the results in the order of the image.
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
        filters_per_block_(context_.lanes * FilterVectorsOf(conv_.filters, context_)),
        results_per_tile_(kRowTile / pool_size_),
        lines_per_tile_(kTileLines / pool_size_),
        tile_columns_(CeilDiv(width_, results_per_tile_)) {}

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
        Halide::mux(tap_row_, Each(kRowTaps, [&](int a) {
                      return Transform(transforms_.filter, kRowPoints, point_, Each(kRowTaps, [&](int b) {
                                         return w_({a, b, channel_, filter});
                                       }));
                    }));
    // Of a row of the image, whose pixels' channels follow each other without a gap: a tile may begin at any pixel.
    rows_(element_, point_, axes_.y, axes_.n) =
        Transform(transforms_.input, kRowPoints, point_, Each(kRowPoints, [&](int b) {
                    return image_rows_({axes_.n, axes_.y, element_ + b * conv_.channels});
                  }));
  }

  // The sums; returns the results of the tiles.  Here axes_.x counts the results of a tile, and axes_.n the columns of
  // tiles of all images: it is image · columns + column.  The last column is shifted inwards.
  std::vector<Expr> DefineSums() {
    r_ = RDom(0, conv_.channels, 0, kRowTaps, "r");
    const Expr first = Halide::min(axes_.n % tile_columns_ * kRowTile, width_ * pool_size_ - kRowTile) * conv_.channels;
    sum_(axes_.c, point_, axes_.y, axes_.n) = 0.0f;
    sum_(axes_.c, point_, axes_.y, axes_.n) +=
        weights_(axes_.c % filters_per_block_, point_, r_.x, r_.y, axes_.c / filters_per_block_) *
        rows_(first + r_.x, point_, axes_.y + r_.y, axes_.n / tile_columns_);
    const Index pixel = {axes_.n / tile_columns_, axes_.y,
                         Halide::min(axes_.n % tile_columns_ * results_per_tile_, width_ - results_per_tile_) + axes_.x,
                         axes_.c};
    return builder_.LowerEpilogue(pixel, [&](int dy, int dx) {
      return Transform(transforms_.output, kRowTile, axes_.x * pool_size_ + dx, Each(kRowPoints, [&](int point) {
                         return sum_(axes_.c, point, axes_.y * pool_size_ + dy, axes_.n);
                       }));
    });
  }

  std::vector<Expr> FromTiles(const Func& tiles, size_t values) const {
    const Expr column = axes_.x / results_per_tile_,
               x_in_tile = axes_.x - Halide::min(column * results_per_tile_, width_ - results_per_tile_);
    std::vector<Expr> stored;
    for (size_t value = 0; value < values; ++value) {
      const Halide::FuncRef element =
          tiles(axes_.c, Halide::unsafe_promise_clamped(x_in_tile, 0, results_per_tile_ - 1), axes_.y,
                axes_.n * tile_columns_ + column);
      stored.push_back(values == 1 ? Expr(element) : element[static_cast<int>(value)]);
    }
    return stored;
  }

  // Lines of results whose transformed rows fill three quarters of a first-level cache, where images are narrow.
  int ChunkLines() const {
    const int rows_bytes = static_cast<int>(context_.l1_bytes / 4 * 3);
    const int row_bytes = static_cast<int>(image_.type.shape[2]) * conv_.channels * kRowPoints * 4;
    int chunk = std::clamp(rows_bytes / (row_bytes * pool_size_) / lines_per_tile_ * lines_per_tile_, lines_per_tile_,
                           height_ / lines_per_tile_ * lines_per_tile_);
    // Where images and chunks become one loop, Halide does not see that a chunk which is shifted inwards has whole
    // pairs of lines.
    while (context_.batch_size < kTasks && height_ % chunk != 0) chunk -= lines_per_tile_;
    return chunk;
  }

  void Schedule(Func& out, Func& tiles) {
    const int filters = conv_.filters, lanes = context_.lanes, chunk_lines = ChunkLines();
    Var column, x, chunk, pair, y, group, c;
    out.bound(axes_.c, 0, filters)
        .bound(axes_.x, 0, width_)
        .bound(axes_.y, 0, height_)
        .bound(axes_.n, 0, context_.rows);
    out.split(axes_.c, group, c, filters_per_block_)
        .split(axes_.x, column, x, results_per_tile_, TailStrategy::GuardWithIf);
    out.split(axes_.y, chunk, y, chunk_lines, TailStrategy::ShiftInwards).split(y, pair, y, lines_per_tile_);
    out.reorder(c, x, y, column, pair, group, chunk, axes_.n).vectorize(c, lanes).unroll(c).unroll(y);
    const std::vector<Loop> loops = {{axes_.n, context_.batch_size}, {chunk, CeilDiv(height_, chunk_lines)}};
    const Task task = Parallel(out, loops);
    rows_.compute_at(out, task.At(loops, 1))
        .store_in(kOnStack)
        .bound_extent(point_, kRowPoints)
        .reorder(point_, element_, axes_.y)
        .vectorize(element_, lanes, TailStrategy::ShiftInwards)
        .unroll(point_);
    tiles.compute_at(out, column).bound_extent(axes_.c, filters_per_block_).bound(axes_.x, 0, results_per_tile_);
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
  const int results_per_tile_;  // along a row
  const int lines_per_tile_;    // of results
  const int tile_columns_;      // of an image
  const Transforms transforms_ = MakeTransforms(kRowTile, kRowTaps);
  const ImageAxes axes_ = AxesOfImage();
  const Var element_{"element"};  // of a row of the image
  const Var point_{"point"}, tap_row_{"tap_row"}, channel_{"channel"};
  const Var block_{"block"}, block_filter_{"block_filter"};
  Func weights_{"weights"}, rows_{"rows"}, sum_{"sum"};
  RDom r_;
};

}  // namespace

std::string CanWinogradRows(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsWinogradKernel(conv); !reason.empty()) return reason;
  if (conv.pooled() && (conv.pool_rows != 2 || conv.pool_columns != 2)) return "windows of its pool are not 2×2";
  if (conv.channels > kMaxChannels) return "it has more than eight channels, over which its rounding exceeds the bound";
  if (conv.filters % machine.lanes != 0) return "its filters do not fill vectors";
  if (FilterVectorsOf(conv.filters, machine) < 1) return "the sums of a tile exceed the registers";
  const RowSums sums = RowSumsOf(conv);
  // Otherwise tasks that overlap would run different code for a line.
  if (sums.height == 0 || sums.height % kTileLines != 0) return "its lines are odd in number";
  // A shorter run than a vector would be read beyond the image's end.
  if ((sums.width - kRowTile + 1) * conv.channels < machine.lanes) return "a row of the image is shorter than a vector";
  if (int64_t{sums.width} * conv.channels * kRowPoints * 4 * (kTileLines + kRowTaps - 1) > kMaxRowsBytes)
    return "rows of a tile do not fit a task's stack";
  if (DrawsRandomNumbers(spec)) return "its epilogue draws random numbers";
  return "";
}

Work CostWinogradRows(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const RowSums sums = RowSumsOf(conv);
  const double tiles = double{1} * conv.batch * sums.height * CeilDiv(sums.width, kRowTile);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  work.products = tiles * kRowTaps * kRowPoints * conv.channels * conv.filters;
  // With one vector of filters, a sum waits for its operands.
  if (FilterVectorsOf(conv.filters, machine) < 2) work.tile_utilization = 0.5;
  work.elementwise += tiles * kRowPoints * (6.0 * conv.channels + 4.0 * conv.filters);
  return work;
}

ScheduledKernel BuildWinogradRows(KernelBuilder& builder) { return WinogradRows(builder).Build(); }

}  // namespace brine::codegen
