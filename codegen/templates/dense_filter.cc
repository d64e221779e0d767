#include "codegen/templates/dense_filter.h"

#include <algorithm>

#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;
using ir::Node;

// Where every pixel has a gradient: dw[a, t, f] = Σ over n, y, x of x[n, y·stride + a, run t] · dy[n, y, x, f],
// t over a run: the taps of a kernel's row times the channels, which follow each other in memory.
// A register tile is some vectors of filters times some elements of the run; it sums a few rows of a picture, then is
// added to the sums of its part of the batch, so that those rows of x and dy stay in the nearest caches while all tiles
// pass over them.
class DenseFilterGradient {
 public:
  DenseFilterGradient(Frame& frame, const Tensor& dy)
      : frame_(frame),
        machine_(frame.machine()),
        grad_(*frame.Find(ir::kConv2DGradFilter)),
        dy_(dy),
        shape_(frame.graph().type(grad_.outputs[0]).shape),
        window_(MakeWindow(grad_.attributes, shape_[0], shape_[1])),
        channels_(static_cast<int>(shape_[2])),
        run_(window_.size[1] * channels_),
        filters_(static_cast<int>(shape_[3])) {}

  bool Fits() const {
    return grad_.attributes.Int("groups") == 1 && window_.dilation[1] == 1 && filters_ >= machine_.lanes && run_ >= 4;
  }

  ScheduledKernel Build() {
    const Tensor image = frame_.Bordered(*frame_.Parameter(grad_.inputs[0]), window_);
    const int height = static_cast<int>(dy_.type.shape[1]), width = static_cast<int>(dy_.type.shape[2]);
    const int block = std::clamp(kPixels / width, 1, height), blocks = (height + block - 1) / block;
    const Tile size = ChooseTile(filters_, run_, machine_.lanes, machine_.registers);
    const int across = machine_.lanes * size.vectors, columns = (filters_ + across - 1) / across,
              lines = (run_ + size.rows - 1) / size.rows;
    // Tasks are parts of the batch, or, where their sums would overflow the caches, lines of tiles over the whole
    // batch.
    const bool large = int64_t{window_.size[0]} * run_ * filters_ * 4 > kLargestPart;
    const int batch = static_cast<int>(machine_.batch_size), most_parts = large ? 1 : kMostParts;
    const int each = (batch + most_parts - 1) / most_parts, parts = (batch + each - 1) / each;
    const int chunk = large ? (lines + static_cast<int>(kTasks) - 1) / static_cast<int>(kTasks) : lines;
    const Var f("f"), t("t"), fo("fo"), to("to"), a("a"), y("y"), n("n"), part("part");
    // The last tiles are shifted inwards: what two tiles hold is the same.
    const Expr filter = Halide::min(fo * across, filters_ - across) + f,
               element = Halide::min(to * size.rows, run_ - size.rows) + t;

    RDom r(0, width, 0, block, "r");
    const Expr row = y * block + r.y;
    if (height % block != 0) r.where(row < height);
    const Expr at = height % block != 0 ? Halide::min(row, height - 1) : row;
    // A run passes from one pixel's channels to the next one's: in memory they follow each other.
    const Expr pixel = r.x * window_.stride[1];
    const Expr column =
        channels_ == 1 ? Halide::unsafe_promise_clamped(pixel + element, 0, static_cast<int>(image.type.shape[2]) - 1)
                       : pixel;
    const Expr channel = channels_ == 1 ? Expr(0) : Halide::unsafe_promise_clamped(element, 0, channels_ - 1);
    Func tile("tile"), part_sum("part_sum"), total("total");
    Tensor gradient = dy_;
    const bool stored = frame_.Parameter(grad_.inputs[1]) != nullptr;
    if (!stored) gradient.func = MakeFunc("rows", Axes(4), {dy_(ToIndex(Axes(4)))});
    tile(f, t, fo, to, a, y, n) = 0.0f;
    tile(f, t, fo, to, a, y, n) +=
        image({n, at * window_.stride[0] + a * window_.dilation[0], column, channel}) * gradient({n, at, r.x, filter});
    RDom pictures(0, blocks, 0, each, "pictures");
    const Expr number = part * each + pictures.y;
    pictures.where(number < machine_.rows);
    part_sum(f, t, fo, to, a, part) = Halide::undef<float>();
    const Expr before = Halide::select(pictures.x == 0 && pictures.y == 0, 0.0f, part_sum(f, t, fo, to, a, part));
    part_sum(f, t, fo, to, a, part) =
        before + tile(f, t, fo, to, a, pictures.x, Halide::min(number, machine_.rows - 1));
    Expr all = part_sum(f, t, fo, to, a, 0);
    for (int other = 1; other < parts; ++other) {
      all = all + Halide::select(other * each < machine_.rows, part_sum(f, t, fo, to, a, other),
                                 0.0f);  // nothing was written to one without pictures
    }
    total(f, t, fo, to, a) = all;
    const Var c = Axis(1), b = Axis(2);
    const Expr in_run = b * channels_ + c, tile_x = Axis(0) / across, tile_y = in_run / size.rows;
    const Expr x_in_tile = Axis(0) - Halide::min(tile_x * across, filters_ - across),
               y_in_tile = in_run - Halide::min(tile_y * size.rows, run_ - size.rows);
    Func out = MakeFunc("out", Axes(4),
                        {total(Halide::unsafe_promise_clamped(x_in_tile, 0, across - 1),
                               Halide::unsafe_promise_clamped(y_in_tile, 0, size.rows - 1), tile_x, tile_y, Axis(3))});
    frame_.AddOutput(out, {grad_.outputs[0]});
    frame_.AddGradientSum(grad_.inputs[1]);

    if (!stored) gradient.func.compute_at(part_sum, pictures.x).store_in(kOnStack).vectorize(Axis(0), machine_.lanes);
    for (Func* sum : {&total, &part_sum}) {
      sum->compute_root()
          .bound(f, 0, across)
          .bound(t, 0, size.rows)
          .bound(fo, 0, columns)
          .bound(to, 0, lines)
          .bound(a, 0, window_.size[0]);
    }
    Var chunks, task;
    part_sum.update()
        .split(to, chunks, to, chunk, TailStrategy::GuardWithIf)
        .reorder(f, t, fo, to, a, pictures.x, pictures.y, chunks, part);
    part_sum.update().vectorize(f, machine_.lanes).unroll(f).unroll(t).fuse(chunks, part, task).parallel(task);
    tile.compute_at(part_sum, fo).vectorize(f, machine_.lanes).unroll(f).unroll(t);
    tile.update().reorder(f, t, r.x, r.y).vectorize(f, machine_.lanes).unroll(f).unroll(t);
    Var line;
    total.vectorize(f, machine_.lanes).fuse(to, a, line).parallel(line);
    out.compute_root()
        .bound(Axis(0), 0, filters_)
        .bound(c, 0, channels_)
        .bound(b, 0, window_.size[1])
        .bound(Axis(3), 0, window_.size[0]);
    out.vectorize(Axis(0), machine_.lanes, TailStrategy::GuardWithIf).fuse(Axis(3), b, line).parallel(line);
    return frame_.Finish("direct");
  }

 private:
  static constexpr int64_t kLargestPart = 256 << 10;  // bytes of a part's sums
  static constexpr int kPixels = 64;  // of a tile's sum: as many products for each time it is loaded and stored

  Frame& frame_;
  const Machine& machine_;
  const Node& grad_;
  const Tensor dy_;
  const ir::Shape shape_;
  const Window window_;
  const int channels_, run_, filters_;
};

}  // namespace

std::optional<ScheduledKernel> BuildDenseFilter(Frame& frame, const Tensor& dy) {
  DenseFilterGradient gradient(frame, dy);
  return gradient.Fits() ? std::optional(gradient.Build()) : std::nullopt;
}

}  // namespace brine::codegen
