#include "codegen/templates/live_conv.h"

#include <algorithm>

#include "codegen/templates/live_list.h"
#include "codegen/templates/pixel_lists.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kMostVectors = 8, kLeastVectors = 4;  // of filters: fewer sums wait for each other
constexpr int kTapBytes = 16 << 10;                 // of a tap's weights for them: half of a first-level cache
constexpr int kSumBytes = 16 << 10;                 // of a chunk's sums
constexpr int64_t kMostListBytes = 128 << 10;       // of a picture: a quarter of a second-level cache

int FilterVectors(int channels, int filters, const Machine& machine) {
  const int all = filters / machine.lanes;
  int vectors = std::min({all, kMostVectors, std::max(kLeastVectors, kTapBytes / (channels * machine.lanes * 4))});
  while (vectors > 1 && all % vectors != 0) --vectors;
  return vectors;
}

PixelLists MakeLists(const Tensor& picture, const Machine& machine) {
  return PixelLists(static_cast<int>(picture.type.shape[3]),
                    [&](const Expr& channel, const Var&, const Var& x, const Var& y, const Var& n) { return IsLive(picture({n, y, x, channel})); }, machine);
}

}  // namespace

bool FitsLiveConv(const ir::Attributes& attributes, const ir::Type& picture, const ir::Shape& kernel, const Machine& machine) {
  const int channels = static_cast<int>(kernel[2]), filters = static_cast<int>(kernel[3]);
  if (attributes.Int("groups") != 1 || channels < machine.lanes || filters % machine.lanes != 0) return false;
  const Tensor any = {picture, MakeFunc("any", Axes(4), {0.0f}), -1};
  return FilterVectors(channels, filters, machine) >= kLeastVectors && MakeLists(any, machine).Bytes(picture.shape[1] * picture.shape[2]) <= kMostListBytes;
}

Func LiveConv(Frame& frame, const Tensor& picture, const Tensor& w, const Window& window, const ir::Shape& shape,
              const std::function<Expr(const Picture& at, const Expr& sum)>& epilogue) {
  const Machine& machine = frame.machine();
  const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]), filters = static_cast<int>(shape[3]), channels = static_cast<int>(w.type.shape[2]);
  const int across = machine.lanes * FilterVectors(channels, filters, machine);
  PixelLists lists = MakeLists(picture, machine);

  const Picture at = PictureAxes();
  const Var k("k"), c("c"), b("b"), a("a"), block("block");
  Func packed("packed"), walked("walked"), sum("sum");
  packed(k, c, b, a, block) = w({a, b, c, block * across + k});
  // Where a tap lies outside the picture its list is empty.
  const auto pixel = [&](int axis, const Expr& place, const Expr& tap) { return place * window.stride[axis] + tap * window.dilation[axis] - window.before[axis]; };
  const Expr y = pixel(0, at.y, a), x = pixel(1, at.x, b);
  const int rows = static_cast<int>(picture.type.shape[1]), columns = static_cast<int>(picture.type.shape[2]);
  const Expr y_inside = Halide::clamp(y, 0, rows - 1), x_inside = Halide::clamp(x, 0, columns - 1);
  RDom r(0, channels, "r");
  r.where(r < Halide::select(y == y_inside && x == x_inside, lists.Count(0, x_inside, y_inside, at.n), 0));  // becomes the loop's bound
  const Expr channel = lists.Entry(r, 0, x_inside, y_inside, at.n);
  walked(k, at.x, at.y, b, a, block, at.n) = 0.0f;
  walked(k, at.x, at.y, b, a, block, at.n) += picture({at.n, y_inside, x_inside, channel}) * packed(k, channel, b, a, block);
  const RDom tap(0, window.size[1], 0, window.size[0], "tap");
  sum(k, at.x, at.y, block, at.n) = 0.0f;
  sum(k, at.x, at.y, block, at.n) += walked(k, at.x, at.y, tap.x, tap.y, block, at.n);
  Func out = MakeFunc("out", Axes(4), {epilogue(at, sum(at.c % across, at.x, at.y, at.c / across, at.n))});

  const int lines = std::clamp(kSumBytes / (width * across * 4), 1, height);
  Var chunk, line, group, filter;
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, machine.rows);
  out.split(at.c, group, filter, across).split(at.y, chunk, line, lines, TailStrategy::GuardWithIf);
  out.reorder(filter, at.x, line, group, chunk, at.n).vectorize(filter, machine.lanes).unroll(filter);
  const std::vector<Loop> loops = {{at.n, machine.batch_size}, {chunk, Parts(height, lines)}, {group, filters / across}};
  const Task task = Parallel(out, loops);
  lists.Schedule(out, task.At(loops, 0));
  sum.compute_at(out, task.At(loops, 2)).store_in(kOnStack).bound_extent(k, across).vectorize(k, machine.lanes).unroll(k);
  sum.update().reorder(k, at.x, at.y, tap.x, tap.y).vectorize(k, machine.lanes).unroll(k);
  walked.compute_at(sum, at.x).vectorize(k, machine.lanes).unroll(k);
  walked.update().reorder(k, r).vectorize(k, machine.lanes).unroll(k);
  packed.compute_root().bound(k, 0, across).bound(c, 0, channels).bound(b, 0, window.size[1]).bound(a, 0, window.size[0]).bound(block, 0, filters / across);
  Var weights;
  packed.vectorize(k, machine.lanes).fuse(a, block, weights).parallel(weights);
  return out;
}

}  // namespace brine::codegen
