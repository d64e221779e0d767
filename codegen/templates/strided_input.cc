#include "codegen/templates/strided_input.h"

#include <algorithm>

#include "codegen/templates/direct_conv.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

bool FitsStridedInput(const Window& window, const ir::Attributes& attributes, int channels, const Machine& machine) {
  return attributes.Int("groups") == 1 && window.dilation[0] == 1 && window.dilation[1] == 1 && window.stride[0] <= 3 &&
         window.stride[1] <= 3 && window.stride[0] <= window.size[0] && window.stride[1] <= window.size[1] &&
         channels % machine.lanes == 0;
}

// Pixels whose coordinates leave the same rests are reached by the same taps: each such phase is a convolution of
// stride 1 with the taps phase, phase + stride, …; nothing is multiplied by the zeros between dy's pixels.
Func StridedInput(Frame& frame, const Tensor& dy, const Tensor& w, const Window& window, const ir::Shape& shape,
                  const std::function<Expr(const Picture& at, const Expr& sum)>& epilogue) {
  const Machine& machine = frame.machine();
  const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]),
            channels = static_cast<int>(shape[3]);
  const int filters = static_cast<int>(w.type.shape[3]), extent[2] = {height, width};
  // Of the pixels `rest` behind the first: the first tap that reaches them, and how much further in dy they read.
  const auto first_tap = [&](int axis, int rest) { return (rest + window.before[axis]) % window.stride[axis]; };
  const auto shift = [&](int axis, int rest) { return (rest + window.before[axis]) / window.stride[axis]; };
  const auto taps = [&](int axis, int first) {
    return (window.size[axis] - first + window.stride[axis] - 1) / window.stride[axis];
  };
  int before[2], lines[2];  // lines: of pixels that leave the same rest
  std::array<int, 2> size;
  for (int axis = 0; axis < 2; ++axis) {
    before[axis] = taps(axis, 0) - 1;
    lines[axis] = (extent[axis] + window.stride[axis] - 1) / window.stride[axis];
    size[axis] = before[axis] + std::max(static_cast<int>(dy.type.shape[static_cast<size_t>(axis) + 1]),
                                         lines[axis] + shift(axis, window.stride[axis] - 1));
  }
  const Tensor image = frame.WithBorder(dy, before, size);

  const PackedWeights weights(
      window.size[0], window.size[1], filters, channels,
      [&](const Expr& a, const Expr& b, const Expr& f, const Expr& c) {
        return w({a, b, c, f});
      },
      machine);
  const auto [tile, each] = ChooseChunk(channels, lines[0], lines[1], window.stride[0] * window.stride[1], machine);
  const int across = machine.lanes * tile.vectors;

  const Picture at = PictureAxes();
  std::vector<ChunkSum> sums;
  std::vector<Expr> phases;
  for (int y = 0; y < window.stride[0]; ++y) {
    for (int x = 0; x < window.stride[1]; ++x) {
      const int a = first_tap(0, y), b = first_tap(1, x);
      const RDom r(0, filters, 0, taps(1, b), 0, taps(0, a), "r");
      sums.emplace_back(r, [&, each = each](const Var& c, const Var& p, const Var& chunk, const Var& n) {
        return weights(r.z * window.stride[0] + a, r.y * window.stride[1] + b, r.x, c) *
               image({n, chunk * each + p / lines[1] + shift(0, y) + before[0] - r.z,
                      p % lines[1] + shift(1, x) + before[1] - r.y, r.x});
      });
      const Expr line = at.y / window.stride[0];
      phases.push_back(sums.back().all(at.c, line % each * lines[1] + at.x / window.stride[1], line / each, at.n));
    }
  }
  const Expr phase =
      at.y % window.stride[0] * window.stride[1] + at.x % window.stride[1];  // a constant in unrolled loops
  Func out = MakeFunc("out", Axes(4), {epilogue(at, Halide::mux(phase, phases))});

  Var block, c, line, yi, column, xi, chunk;
  out.bound(at.c, 0, channels).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, machine.rows);
  out.split(at.c, block, c, across, TailStrategy::ShiftInwards)
      .split(at.y, line, yi, window.stride[0], TailStrategy::GuardWithIf);
  out.split(at.x, column, xi, window.stride[1], TailStrategy::GuardWithIf).split(line, chunk, line, each);
  out.reorder(c, xi, column, yi, line, chunk, block, at.n).vectorize(c, machine.lanes).unroll(c).unroll(xi).unroll(yi);
  const std::vector<Loop> loops = {
      {at.n, machine.batch_size}, {block, Parts(channels, across)}, {chunk, lines[0] / each}};
  const Task task = Parallel(out, loops);
  for (ChunkSum& sum : sums) sum.Schedule(out, task.At(loops, 2), tile, each * lines[1], machine);
  return out;
}

}  // namespace brine::codegen
