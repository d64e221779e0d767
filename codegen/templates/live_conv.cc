#include "codegen/templates/live_conv.h"

#include <algorithm>

#include "codegen/templates/live_list.h"
#include "codegen/templates/pixel_lists.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kMostVectors = 8, kLeastVectors = 4;  // of filters: fewer sums wait for each other
constexpr int kTapBytes = 16 << 10;                 // of a tap's weights for them: half of a first-level cache
constexpr int kSumBytes = 16 << 10;                 // of a chunk's sums
constexpr int64_t kMostSumBytes = 128 << 10;        // of one line's, on the task's stack
constexpr int64_t kMostListBytes = 128 << 10;       // of a picture: a quarter of a second-level cache

int FilterVectors(int channels, int filters, const Machine& machine) {
  const int all = filters / machine.lanes;
  int vectors = std::min({all, kMostVectors, std::max(kLeastVectors, kTapBytes / (channels * machine.lanes * 4))});
  while (vectors > 1 && all % vectors != 0) --vectors;
  return vectors;
}

// Of a pixel, under a tap: the one that is read, where there is one.
struct Source {
  Expr index, exists;
};

PixelLists MakeLists(const Tensor& picture) {
  return PixelLists(static_cast<int>(picture.type.shape[3]),
                    [&](const Expr& channel, const Var&, const Var& x, const Var& y, const Var& n) {
                      return IsLive(picture({n, y, x, channel}));
                    });
}

}  // namespace

bool FitsLiveConv(const ir::Attributes& attributes, const ir::Type& picture, const ir::Shape& shape,
                  const Machine& machine) {
  const int channels = static_cast<int>(picture.shape[3]), filters = static_cast<int>(shape[3]);
  if (attributes.Int("groups") != 1 || channels < machine.lanes || filters % machine.lanes != 0) return false;
  const Tensor any = {picture, MakeFunc("any", Axes(4), {0.0f}), -1};
  const int vectors = FilterVectors(channels, filters, machine);
  return vectors >= kLeastVectors && shape[2] * vectors * machine.lanes * 4 <= kMostSumBytes &&
         MakeLists(any).Bytes(picture.shape[1] * picture.shape[2]) <= kMostListBytes;
}

Func LiveConv(const LiveConvolution& convolution, const Machine& machine) {
  const auto& [picture, window, shape, turned, weight, epilogue] = convolution;
  const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]),
            filters = static_cast<int>(shape[3]), channels = static_cast<int>(picture.type.shape[3]);
  const int across = machine.lanes * FilterVectors(channels, filters, machine);
  PixelLists lists = MakeLists(picture);

  const Picture at = PictureAxes();
  const Var k("k"), c("c"), b("b"), a("a"), block("block");
  Func packed("packed"), walked("walked"), sum("sum");
  packed(k, c, b, a, block) = weight(a, b, c, block * across + k);
  RDom tap(0, window.size[1], 0, window.size[0], "tap");
  const auto source = [&, &picture = picture, &window = window, turned = turned](int axis, const Expr& place,
                                                                                 const RVar& tap_of_axis) -> Source {
    const int extent = static_cast<int>(picture.type.shape[static_cast<size_t>(axis) + 1]),
              stride = window.stride[axis];
    const Expr back = place + window.before[axis] - tap_of_axis;
    const Expr index =
        turned ? back / stride : place * stride + tap_of_axis * window.dilation[axis] - window.before[axis];
    const Expr inside = index >= 0 && index < extent;
    return {Halide::clamp(index, 0, extent - 1), turned && stride > 1 ? inside && back % stride == 0 : inside};
  };
  const Source y = source(0, at.y, tap.y), x = source(1, at.x, tap.x);
  tap.where(y.exists && x.exists);
  // Over pixels of the picture.
  const Var px("px"), py("py");
  RDom r(0, channels, "r");
  r.where(r < lists.Count(0, px, py, at.n));  // becomes the loop's bound
  const Expr channel = lists.Entry(r, 0, px, py, at.n);
  walked(k, px, py, b, a, block, at.n) = 0.0f;
  walked(k, px, py, b, a, block, at.n) += picture({at.n, py, px, channel}) * packed(k, channel, b, a, block);
  sum(k, at.x, at.y, block, at.n) = 0.0f;
  sum(k, at.x, at.y, block, at.n) += walked(k, x.index, y.index, tap.x, tap.y, block, at.n);
  Func out = MakeFunc("out", Axes(4), {epilogue(at, sum(at.c % across, at.x, at.y, at.c / across, at.n))});

  const int lines = std::clamp(kSumBytes / (width * across * 4), 1, height);
  Var chunk, line, group, filter;
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, machine.rows);
  out.split(at.c, group, filter, across).split(at.y, chunk, line, lines, TailStrategy::GuardWithIf);
  out.reorder(filter, at.x, line, group, chunk, at.n).vectorize(filter, machine.lanes).unroll(filter);
  const std::vector<Loop> loops = {
      {at.n, machine.batch_size}, {chunk, Parts(height, lines)}, {group, filters / across}};
  const Task task = Parallel(out, loops);
  lists.Schedule(out, task.At(loops, 0));
  sum.compute_at(out, task.At(loops, 2))
      .store_in(kOnStack)
      .bound_extent(k, across)
      .vectorize(k, machine.lanes)
      .unroll(k);
  sum.update().reorder(k, at.x, at.y, tap.x, tap.y).vectorize(k, machine.lanes).unroll(k);
  walked.compute_at(sum, at.x).vectorize(k, machine.lanes).unroll(k);
  walked.update().reorder(k, r).vectorize(k, machine.lanes).unroll(k);
  packed.compute_root()
      .bound(k, 0, across)
      .bound(c, 0, channels)
      .bound(b, 0, window.size[1])
      .bound(a, 0, window.size[0])
      .bound(block, 0, filters / across);
  Var weights;
  packed.vectorize(k, machine.lanes).fuse(a, block, weights).parallel(weights);
  return out;
}

}  // namespace brine::codegen
