// The direct input gradient.  Input pixels with the same remainders of their coordinates modulo the strides are reached
// by the same taps.  For each pair of remainders, a phase, the gradient is a convolution of stride 1 with the taps
// phase, phase + stride, ….  So the zeros that strides put between the pixels of dy are never multiplied.
#include <algorithm>
#include <array>

#include "codegen/halide/conv/direct.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kMaxStride = 3;  // phases are unrolled

// `lines`: the pixels of one phase along each axis.
void ScheduleInputGrad(Func& out, std::vector<ChunkSum>& sums, const ConvProblem& conv, const ConvChunk& cut,
                       const int (&lines)[2], const LoopContext& context) {
  const ImageAxes axes = AxesOfImage();
  const int(&stride)[2] = conv.window.stride;
  const int across = context.lanes * cut.tile.vectors;
  Var block, c, line, yi, column, xi, chunk;
  out.bound(axes.c, 0, conv.channels)
      .bound(axes.x, 0, conv.width)
      .bound(axes.y, 0, conv.height)
      .bound(axes.n, 0, context.rows);
  out.split(axes.c, block, c, across, TailStrategy::ShiftInwards)
      .split(axes.y, line, yi, stride[0], TailStrategy::GuardWithIf);
  out.split(axes.x, column, xi, stride[1], TailStrategy::GuardWithIf).split(line, chunk, line, cut.lines);
  out.reorder(c, xi, column, yi, line, chunk, block, axes.n)
      .vectorize(c, context.lanes)
      .unroll(c)
      .unroll(xi)
      .unroll(yi);
  const std::vector<Loop> loops = {
      {axes.n, context.batch_size}, {block, CeilDiv(conv.channels, across)}, {chunk, lines[0] / cut.lines}};
  const Task task = Parallel(out, loops);
  for (ChunkSum& sum : sums) sum.Schedule(out, task.At(loops, 2), cut.tile, cut.lines * lines[1], context);
}

}  // namespace

std::string CanDirectInputGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const Window& window = conv.window;
  if (std::string reason = NeedsOneGroup(conv); !reason.empty()) return reason;
  if (std::string reason = NeedsNoDilation(conv); !reason.empty()) return reason;
  if (std::max(window.stride[0], window.stride[1]) > kMaxStride) return "its strides exceed 3";
  if (window.stride[0] > window.size[0] || window.stride[1] > window.size[1]) return "its strides exceed its kernel";
  if (conv.channels % machine.lanes != 0) return "the channels of its input do not fill vectors";
  return "";
}

Work CostDirectInputGrad(const KernelSpec& spec, const Machine&) {
  const ConvProblem conv = ConvProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  work.products = conv.products();
  work.tile_utilization = 0.9;
  work.elementwise += Elements(spec, spec.sums());
  return work;
}

ScheduledKernel BuildDirectInputGrad(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const ConvProblem conv = ConvProblemOf(spec);
  const Window& window = conv.window;
  const Tensor dy = builder.TrimmedImage(0), w = builder.Read(spec.operand(1));
  const int channels = conv.channels, filters = conv.filters;
  const int extent[2] = {conv.height, conv.width};
  // For pixels whose coordinate has this remainder: the first tap that reaches them, and the distance in dy from the
  // quotient to the pixel that this tap reads.
  const auto first_tap = [&](int axis, int remainder) {
    return (remainder + window.before[axis]) % window.stride[axis];
  };
  const auto shift = [&](int axis, int remainder) { return (remainder + window.before[axis]) / window.stride[axis]; };
  const auto taps = [&](int axis, int first) {
    return (window.size[axis] - first + window.stride[axis] - 1) / window.stride[axis];
  };
  int before[2], lines[2];  // lines: pixels of one phase
  std::array<int, 2> size;
  for (int axis = 0; axis < 2; ++axis) {
    before[axis] = taps(axis, 0) - 1;
    lines[axis] = (extent[axis] + window.stride[axis] - 1) / window.stride[axis];
    size[axis] = before[axis] + std::max(static_cast<int>(dy.type.shape[static_cast<size_t>(axis) + 1]),
                                         lines[axis] + shift(axis, window.stride[axis] - 1));
  }
  const Tensor image = builder.WithBorder(dy, before, size);

  const PackedWeights weights(
      window.size[0], window.size[1], filters, channels,
      [&](const Expr& a, const Expr& b, const Expr& f, const Expr& c) {
        return w({a, b, c, f});
      },
      context);
  const ConvChunk cut = ChooseChunk(channels, lines[0], lines[1], window.stride[0] * window.stride[1], context);
  const int chunk_lines = cut.lines;

  const ImageAxes axes = AxesOfImage();
  std::vector<ChunkSum> sums;
  std::vector<Expr> phases;
  for (int y = 0; y < window.stride[0]; ++y) {
    for (int x = 0; x < window.stride[1]; ++x) {
      const int a = first_tap(0, y), b = first_tap(1, x);
      const RDom r(0, filters, 0, taps(1, b), 0, taps(0, a), "r");
      sums.emplace_back(r, [&](const Var& c, const Var& p, const Var& chunk, const Var& n) {
        return weights(r.z * window.stride[0] + a, r.y * window.stride[1] + b, r.x, c) *
               image({n, chunk * chunk_lines + p / lines[1] + shift(0, y) + before[0] - r.z,
                      p % lines[1] + shift(1, x) + before[1] - r.y, r.x});
      });
      const Expr line = axes.y / window.stride[0];
      phases.push_back(sums.back().all(axes.c, line % chunk_lines * lines[1] + axes.x / window.stride[1],
                                       line / chunk_lines, axes.n));
    }
  }
  const Expr phase =
      axes.y % window.stride[0] * window.stride[1] + axes.x % window.stride[1];  // a constant in unrolled loops
  Func out = MakeFunc("out", Axes(4), builder.LowerEpilogue(spec.sums(), Halide::mux(phase, phases)));
  builder.AddOutput(out, spec.results);
  ScheduleInputGrad(out, sums, conv, cut, lines, context);
  return builder.Finish();
}

}  // namespace brine::codegen
