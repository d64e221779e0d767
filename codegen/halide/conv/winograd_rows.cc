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

constexpr int kRowTaps = 3, kRowTile = 4, kRowPoints = kRowTile + kRowTaps - 1;  // of a tile along a row
constexpr int kMaxChannels = 8;
constexpr int kTileLines = 2;                 // of a tile: each transformed weight serves as many sums
constexpr int64_t kMaxRowsBytes = 128 << 10;  // of the rows of one tile, on the task's stack

// Vectors of filters whose sums are in registers at once, beside those of weights and a pixel.
int VectorsOfRows(int filters, const Machine& machine) {
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

// Whether the epilogue reads operands that differ between pixels; if so, results are computed tile by tile.
bool ReadsPixels(const KernelSpec& spec) {
  for (const std::vector<const ir::Node*>* steps : {&spec.epilogue, &spec.pooled_epilogue}) {
    for (const ir::Node* node : *steps) {
      if (node->op->kind == ir::OpKind::kRandom) return true;
    }
  }
  return false;
}

// The kernel while it is built.
class WinogradRows {
 public:
  explicit WinogradRows(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        conv_(ConvProblemOf(builder.spec())),
        image_(builder.Bordered(builder.Read(builder.spec().operand(0)), conv_.window)),
        w_(builder.Read(builder.spec().operand(1))),
        image_rows_(RowsOf(image_)),
        window_(conv_.pool_rows),
        height_(conv_.rows / window_),
        width_(conv_.columns / window_),
        across_(context_.lanes * VectorsOfRows(conv_.filters, context_)),
        each_(kRowTile / window_),
        lines_(kTileLines / window_),
        columns_(CeilDiv(width_, each_)) {}

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
    const Expr filter = block_ * across_ + k_;
    weights_(k_, e_, d_, a_, block_) =
        Halide::mux(a_, Each(kRowTaps, [&](int tap) {
                      return Transform(transforms_.filter, kRowPoints, e_, Each(kRowTaps, [&](int b) {
                                         return w_({tap, b, d_, filter});
                                       }));
                    }));
    // Of a row of the image, whose pixels' channels follow each other without a gap: a tile may begin at any pixel.
    rows_(p_, e_, at_.y, at_.n) = Transform(transforms_.input, kRowPoints, e_, Each(kRowPoints, [&](int b) {
                                              return image_rows_({at_.n, at_.y, p_ + b * conv_.channels});
                                            }));
  }

  // The sums; returns the results of the tiles.  Here at_.n counts tiles, through the images' columns of them, the last
  // of which is shifted inwards; and at_.x counts the results of a tile.
  std::vector<Expr> DefineSums() {
    r_ = RDom(0, conv_.channels, 0, kRowTaps, "r");
    const Expr first = Halide::min(at_.n % columns_ * kRowTile, width_ * window_ - kRowTile) * conv_.channels;
    sum_(at_.c, e_, at_.y, at_.n) = 0.0f;
    sum_(at_.c, e_, at_.y, at_.n) += weights_(at_.c % across_, e_, r_.x, r_.y, at_.c / across_) *
                                     rows_(first + r_.x, e_, at_.y + r_.y, at_.n / columns_);
    const Index pixel = {at_.n / columns_, at_.y, Halide::min(at_.n % columns_ * each_, width_ - each_) + at_.x, at_.c};
    return builder_.Results(pixel, [&](int dy, int dx) {
      return Transform(transforms_.output, kRowTile, at_.x * window_ + dx,
                       Each(kRowPoints, [&](int point) { return sum_(at_.c, point, at_.y * window_ + dy, at_.n); }));
    });
  }

  std::vector<Expr> FromTiles(const Func& tiles, size_t values) const {
    const Expr column = at_.x / each_, x_in_tile = at_.x - Halide::min(column * each_, width_ - each_);
    std::vector<Expr> stored;
    for (size_t value = 0; value < values; ++value) {
      const Halide::FuncRef element =
          tiles(at_.c, Halide::unsafe_promise_clamped(x_in_tile, 0, each_ - 1), at_.y, at_.n * columns_ + column);
      stored.push_back(values == 1 ? Expr(element) : element[static_cast<int>(value)]);
    }
    return stored;
  }

  // Lines of results whose transformed rows fill three quarters of a first-level cache, where images are narrow.
  int ChunkLines() const {
    const int rows_bytes = static_cast<int>(context_.l1_bytes / 4 * 3);
    const int row_bytes = static_cast<int>(image_.type.shape[2]) * conv_.channels * kRowPoints * 4;
    int chunk = std::clamp(rows_bytes / (row_bytes * window_) / lines_ * lines_, lines_, height_ / lines_ * lines_);
    // Where images and chunks become one loop, Halide does not see that a chunk which is shifted inwards has whole
    // pairs of lines.
    while (context_.batch_size < kTasks && height_ % chunk != 0) chunk -= lines_;
    return chunk;
  }

  void Schedule(Func& out, Func& tiles) {
    const int filters = conv_.filters, lanes = context_.lanes, chunk_lines = ChunkLines();
    Var column, x, chunk, pair, y, group, c;
    out.bound(at_.c, 0, filters).bound(at_.x, 0, width_).bound(at_.y, 0, height_).bound(at_.n, 0, context_.rows);
    out.split(at_.c, group, c, across_).split(at_.x, column, x, each_, TailStrategy::GuardWithIf);
    out.split(at_.y, chunk, y, chunk_lines, TailStrategy::ShiftInwards).split(y, pair, y, lines_);
    out.reorder(c, x, y, column, pair, group, chunk, at_.n).vectorize(c, lanes).unroll(c).unroll(y);
    const std::vector<Loop> loops = {{at_.n, context_.batch_size}, {chunk, CeilDiv(height_, chunk_lines)}};
    const Task task = Parallel(out, loops);
    rows_.compute_at(out, task.At(loops, 1))
        .store_in(kOnStack)
        .bound_extent(e_, kRowPoints)
        .reorder(e_, p_, at_.y)
        .vectorize(p_, lanes, TailStrategy::ShiftInwards)
        .unroll(e_);
    tiles.compute_at(out, column).bound_extent(at_.c, across_).bound(at_.x, 0, each_);
    tiles.vectorize(at_.c, lanes).unroll(at_.c).unroll(at_.x).unroll(at_.y);
    sum_.compute_at(out, column).bound_extent(at_.c, across_).bound_extent(e_, kRowPoints);
    sum_.vectorize(at_.c, lanes).unroll(at_.c).unroll(e_).unroll(at_.y);
    sum_.update().reorder(at_.c, e_, at_.y, r_.x, r_.y).vectorize(at_.c, lanes).unroll(at_.c).unroll(e_).unroll(at_.y);
    weights_.compute_root()
        .bound(k_, 0, across_)
        .bound(e_, 0, kRowPoints)
        .bound(d_, 0, conv_.channels)
        .bound(a_, 0, kRowTaps)
        .bound(block_, 0, filters / across_);
    weights_.vectorize(k_, lanes).unroll(e_).unroll(a_);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const Tensor image_, w_, image_rows_;
  const int window_;          // side of the pool's window
  const int height_, width_;  // of the results
  const int across_;          // filters of a block
  const int each_, lines_;    // results of a tile along a row, and its lines of them
  const int columns_;         // tiles across an image
  const Transforms transforms_ = MakeTransforms(kRowTile, kRowTaps);
  const ImageAxes at_ = AxesOfImage();
  // Element of a row of the image, point of a tile, filter of a block, row of the kernel, channel.
  const Var p_{"p"}, e_{"e"}, k_{"k"}, a_{"a"}, d_{"d"}, block_{"block"};
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
  if (VectorsOfRows(conv.filters, machine) < 1) return "the sums of a tile exceed the registers";
  const RowSums sums = RowSumsOf(conv);
  // Otherwise tasks that overlap would run different code for a line.
  if (sums.height == 0 || sums.height % kTileLines != 0) return "its lines are odd in number";
  // A shorter run than a vector would be read beyond the image's end.
  if ((sums.width - kRowTile + 1) * conv.channels < machine.lanes) return "a row of the image is shorter than a vector";
  if (int64_t{sums.width} * conv.channels * kRowPoints * 4 * (kTileLines + kRowTaps - 1) > kMaxRowsBytes)
    return "rows of a tile do not fit a task's stack";
  if (ReadsPixels(spec)) return "its epilogue draws random numbers";
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
  if (VectorsOfRows(conv.filters, machine) < 2) work.tile_utilization = 0.5;
  work.elementwise += tiles * kRowPoints * (6.0 * conv.channels + 4.0 * conv.filters);
  return work;
}

ScheduledKernel BuildWinogradRows(KernelBuilder& builder) { return WinogradRows(builder).Build(); }

}  // namespace brine::codegen
