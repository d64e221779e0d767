#include "codegen/templates/winograd_rows.h"

#include <algorithm>

#include "codegen/templates/winograd_transforms.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kRowTaps = 3, kRowTile = 4, kRowPoints = kRowTile + kRowTaps - 1;  // of a tile along a row
constexpr int kTileLines = 2;  // of a tile: each transformed weight serves as many sums
constexpr int kMostRowChannels = 8;
constexpr int kRowsBytes =
    24 << 10;  // of a chunk's transformed rows: three quarters of a first-level cache, where pictures are narrow
constexpr int64_t kMostRowsBytes = 128 << 10;  // of the rows of one tile, on the task's stack

// Vectors of filters whose sums are in registers at once, beside those of weights and a pixel.
int VectorsOfRows(int filters, const Machine& machine) {
  int vectors = (machine.registers - 1) / (kTileLines * kRowPoints + 1);
  while (vectors > 1 && filters % (vectors * machine.lanes) != 0) --vectors;
  return vectors;
}

// Floats of a row at which a tile's channels can begin: at least a vector, since a shorter one would be read beyond the
// picture's end.
int Starts(int width, int channels) { return (width - kRowTile + 1) * channels; }

}  // namespace

bool FitsWinogradRows(const Window& window, const ir::Attributes& attributes, int channels, int filters, int height,
                      int width, const Machine& machine) {
  const auto both = [](const int(&numbers)[2], int number) { return numbers[0] == number && numbers[1] == number; };
  // An odd height would have tasks that overlap run different code for a line; with one vector a sum waits for its
  // operands from the first-level cache.
  return attributes.Int("groups") == 1 && both(window.size, kRowTaps) && both(window.stride, 1) &&
         both(window.dilation, 1) && channels <= kMostRowChannels && height % kTileLines == 0 &&
         Starts(width, channels) >= machine.lanes && filters % machine.lanes == 0 &&
         VectorsOfRows(filters, machine) >= 2 &&
         int64_t{width} * channels * kRowPoints * 4 * (kTileLines + kRowTaps - 1) <= kMostRowsBytes;
}

Func WinogradRows(const Tensor& image, const Winograd::Weight& weight, const ir::Shape& shape, int window,
                  const std::function<std::vector<Expr>(const Picture& at, const WindowSum& sum)>& results,
                  const Machine& machine) {
  const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]),
            filters = static_cast<int>(shape[3]);
  const int channels = static_cast<int>(image.type.shape[3]), picture_width = static_cast<int>(image.type.shape[2]);
  const int across = machine.lanes * VectorsOfRows(filters, machine), each = kRowTile / window,
            lines = kTileLines / window;  // each, lines: of a tile's results
  const Transforms transforms = MakeTransforms(kRowTile, kRowTaps);
  const Picture at = PictureAxes();
  const Var p("p"), e("e"), k("k"), a("a"), d("d"), block("block");

  Func weights("weights"), rows("rows"), sum("sum");
  weights(k, e, d, a, block) =
      Halide::mux(a, Each(kRowTaps, [&](int tap) {
                    return Transform(transforms.filter, kRowPoints, e,
                                     Each(kRowTaps, [&](int b) { return weight(tap, b, d, block * across + k); }));
                  }));
  // Of a row of the picture, whose pixels' channels follow each other without a gap: a tile may begin at any pixel.
  rows(p, e, at.y, at.n) =
      Transform(transforms.input, kRowPoints, e, Each(kRowPoints, [&](int b) {
                  if (channels == 1)
                    return image({at.n, at.y, Halide::unsafe_promise_clamped(p + b, 0, picture_width - 1), 0});
                  return image({at.n, at.y, 0, Halide::unsafe_promise_clamped(p + b * channels, 0, channels - 1)});
                }));
  // Here at.n counts tiles, through the pictures' columns of them, the last of which is shifted inwards; and at.x
  // counts the results of a tile.
  const int columns = Parts(width, each);
  const RDom r(0, channels, 0, kRowTaps, "r");
  const Expr first = Halide::min(at.n % columns * kRowTile, width * window - kRowTile) * channels;
  sum(at.c, e, at.y, at.n) = 0.0f;
  sum(at.c, e, at.y, at.n) +=
      weights(at.c % across, e, r.x, r.y, at.c / across) * rows(first + r.x, e, at.y + r.y, at.n / columns);
  const std::vector<Expr> values = results(at, [&](int dy, int dx) {
    return Transform(transforms.output, kRowTile, at.x * window + dx,
                     Each(kRowPoints, [&](int point) { return sum(at.c, point, at.y * window + dy, at.n); }));
  });
  Func tiles = MakeFunc("tiles", Axes(4), values);
  const Expr column_of_x = at.x / each, x_in_tile = at.x - Halide::min(column_of_x * each, width - each);
  std::vector<Expr> stored;
  for (size_t value = 0; value < values.size(); ++value) {
    const Halide::FuncRef element =
        tiles(at.c, Halide::unsafe_promise_clamped(x_in_tile, 0, each - 1), at.y, at.n * columns + column_of_x);
    stored.push_back(values.size() == 1 ? Expr(element) : element[static_cast<int>(value)]);
  }
  Func out = MakeFunc("out", Axes(4), stored);

  const int row_bytes = picture_width * channels * kRowPoints * 4;
  int chunk_lines = std::clamp(kRowsBytes / (row_bytes * window) / lines * lines, lines, height / lines * lines);
  // Where pictures and chunks become one loop, Halide does not see that a chunk which is shifted inwards has whole
  // pairs of lines.
  while (machine.batch_size < kTasks && height % chunk_lines != 0) chunk_lines -= lines;
  Var column, x, chunk, pair, y, group, c;
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, machine.rows);
  out.split(at.c, group, c, across).split(at.x, column, x, each, TailStrategy::GuardWithIf);
  out.split(at.y, chunk, y, chunk_lines, TailStrategy::ShiftInwards).split(y, pair, y, lines);
  out.reorder(c, x, y, column, pair, group, chunk, at.n).vectorize(c, machine.lanes).unroll(c).unroll(y);
  const std::vector<Loop> loops = {{at.n, machine.batch_size}, {chunk, Parts(height, chunk_lines)}};
  const Task task = Parallel(out, loops);
  rows.compute_at(out, task.At(loops, 1))
      .store_in(kOnStack)
      .bound_extent(e, kRowPoints)
      .reorder(e, p, at.y)
      .vectorize(p, machine.lanes, TailStrategy::ShiftInwards)
      .unroll(e);
  tiles.compute_at(out, column).bound_extent(at.c, across).bound(at.x, 0, each);
  tiles.vectorize(at.c, machine.lanes).unroll(at.c).unroll(at.x).unroll(at.y);
  sum.compute_at(out, column).bound_extent(at.c, across).bound_extent(e, kRowPoints);
  sum.vectorize(at.c, machine.lanes).unroll(at.c).unroll(e).unroll(at.y);
  sum.update().reorder(at.c, e, at.y, r.x, r.y).vectorize(at.c, machine.lanes).unroll(at.c).unroll(e).unroll(at.y);
  weights.compute_root()
      .bound(k, 0, across)
      .bound(e, 0, kRowPoints)
      .bound(d, 0, channels)
      .bound(a, 0, kRowTaps)
      .bound(block, 0, filters / across);
  weights.vectorize(k, machine.lanes).unroll(e).unroll(a);
  return out;
}

}  // namespace brine::codegen
