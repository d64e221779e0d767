// The direct input gradient:
//   dx[n, i, j, c] = Σ over a, b, f of dy[n, (i + pad − a) / stride, (j + …) / …, f] · w[a, b, c, f]
// where both divisions leave no remainder.  All input pixels whose coordinates have the same remainders modulo the
// strides are reached by the same taps.  For each pair of remainders, a phase, the gradient is therefore a convolution
// of stride 1 with the taps first, first + stride, first + 2·stride, ….  So the zeros that the strides put between the
// pixels of dy are never multiplied.
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

constexpr int kMaxStride = 3;  // along an axis; phases are unrolled

// The phases of the result along one axis: the pixels quotient · stride + remainder of one remainder.  Such a pixel is
// reached by the taps FirstTap, FirstTap + stride, …, and tap FirstTap + k · stride reads the pixel of dy at
// quotient + Shift − k.
struct Phases {
  int stride, before, taps;

  int FirstTap(int remainder) const { return (remainder + before) % stride; }
  int Shift(int remainder) const { return (remainder + before) / stride; }
  int TapCount(int remainder) const { return CeilDiv(taps - FirstTap(remainder), stride); }
  int MaxTapCount() const { return CeilDiv(taps, stride); }
};

Phases PhasesOf(const Window& window, int axis) {
  return {window.stride[axis], window.before[axis], window.size[axis]};
}

// Schedules the results and the sums of all phases.  `phase_size` is the number of rows and columns of one phase.
void ScheduleInputGrad(Func& out, std::vector<ChunkSum>& phase_sums, const ConvProblem& conv,
                       const ConvChunk& conv_chunk, const int (&phase_size)[2], const FilterVectors& vectors,
                       GroupImage& image, const LoopContext& context) {
  const ImageAxes axes = AxesOfImage();
  const int(&stride)[2] = conv.window.stride;
  const int channels_per_tile = context.lanes * conv_chunk.tile.vectors;
  Var block, c, phase_row, phase_y, phase_column, phase_x, chunk;
  BoundImage(out, conv.height, conv.width, conv.channels, context.batch_extent);
  out.split(axes.c, block, c, channels_per_tile, TailStrategy::ShiftInwards)
      .split(axes.y, phase_row, phase_y, stride[0], TailStrategy::GuardWithIf);
  out.split(axes.x, phase_column, phase_x, stride[1], TailStrategy::GuardWithIf)
      .split(phase_row, chunk, phase_row, conv_chunk.rows);
  out.reorder(c, phase_x, phase_column, phase_y, phase_row, chunk, block, axes.n)
      .vectorize(c, context.lanes)
      .unroll(c)
      .unroll(phase_x)
      .unroll(phase_y);
  std::vector<Loop> loops = {{axes.n, context.batch_size},
                             {block, CeilDiv(conv.channels, channels_per_tile)},
                             {chunk, phase_size[0] / conv_chunk.rows}};
  if (image.is_copied_in_task()) loops.resize(2);  // a copy serves all rows
  const ParallelLoop parallel = ParallelizeOuterLoops(out, loops, context);
  for (ChunkSum& sum : phase_sums)
    sum.Schedule(out, parallel.LoopAfterFusion(chunk), conv_chunk.tile, conv_chunk.rows * phase_size[1], vectors,
                 context);
  image.Schedule(out, parallel.LoopAfterFusion(block));
}

}  // namespace

std::string CanDirectInputGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const Window& window = conv.window;
  if (std::string reason = NeedsFilledVectors(FilterVectorsOf(conv, machine)); !reason.empty()) return reason;
  if (std::string reason = NeedsNoDilation(conv); !reason.empty()) return reason;
  if (std::max(window.stride[0], window.stride[1]) > kMaxStride) return "its strides exceed 3";
  if (conv.groups == 1 && conv.channels % machine.lanes != 0) return "the channels of its input do not fill vectors";
  return "";
}

Work CostDirectInputGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  work.products = conv.products();
  const FilterVectors vectors = FilterVectorsOf(conv, machine);
  work.tile_utilization = 0.9 * vectors.LaneUtilization(machine);
  work.elementwise_operations += vectors.OperandOperations(work.products, TapsOfPixel(conv.window));
  work.elementwise_operations += ElementCount(spec, spec.sums());  // the epilogue loads the sums again
  return work;
}

ScheduledKernel BuildDirectInputGrad(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const ConvProblem conv = ConvProblemOf(spec);
  const FilterVectors vectors = FilterVectorsOf(conv, builder.context());
  const LoopContext context = vectors.InContext(builder.context());
  const Window& window = conv.window;
  const Tensor dy = builder.TrimmedImage(0), w = builder.Read(spec.operand(1));
  const int extent[2] = {conv.height, conv.width};
  const Phases rows = PhasesOf(window, 0), columns = PhasesOf(window, 1);
  int before[2], phase_size[2];
  std::array<int, 2> size;  // of dy with its border
  for (int axis = 0; axis < 2; ++axis) {
    const Phases& phases = axis == 0 ? rows : columns;
    before[axis] = phases.MaxTapCount() - 1;
    phase_size[axis] = CeilDiv(extent[axis], phases.stride);
    size[axis] = before[axis] + std::max(static_cast<int>(dy.type.shape[static_cast<size_t>(axis) + 1]),
                                         phase_size[axis] + phases.Shift(phases.stride - 1));
  }
  GroupImage image(builder, dy, before, size, vectors);

  const PackedWeights weights(
      window.size[0], window.size[1], vectors.channels, conv.channels,
      [&](const Expr& tap_row, const Expr& tap_column, const Expr& filter, const Expr& channel) {
        if (conv.groups == 1) return w({tap_row, tap_column, channel, filter});
        const Expr group = channel / vectors.filters;
        return w({tap_row, tap_column, channel % vectors.filters, group * vectors.channels + filter});
      },
      context);
  const ConvChunk conv_chunk =
      ChooseChunk(vectors, phase_size[0], phase_size[1], rows.stride * columns.stride, context);
  const int chunk_rows = conv_chunk.rows;

  const ImageAxes axes = AxesOfImage();
  std::vector<ChunkSum> phase_sums;
  std::vector<Expr> phase_values;
  for (int y = 0; y < rows.stride; ++y) {
    for (int x = 0; x < columns.stride; ++x) {
      if (rows.TapCount(y) == 0 || columns.TapCount(x) == 0) {  // no output reads these pixels
        phase_values.emplace_back(0.0f);
        continue;
      }
      const RDom r(0, vectors.channels, 0, columns.TapCount(x), 0, rows.TapCount(y), "r");
      phase_sums.emplace_back(r, [&](const Var& channel, const Var& pixel, const Var& chunk, const Var& n) {
        return weights(r.z * rows.stride + rows.FirstTap(y), r.y * columns.stride + columns.FirstTap(x), r.x, channel) *
               vectors.Operand(channel, r.x, [&](const Expr& filter) {
                 return image.tensor()({n, chunk * chunk_rows + pixel / phase_size[1] + rows.Shift(y) + before[0] - r.z,
                                        pixel % phase_size[1] + columns.Shift(x) + before[1] - r.y, filter});
               });
      });
      const Expr phase_row = axes.y / rows.stride;
      phase_values.push_back(phase_sums.back().sums(
          axes.c, phase_row % chunk_rows * phase_size[1] + axes.x / columns.stride, phase_row / chunk_rows, axes.n));
    }
  }
  // The loops over the remainders are unrolled, so the phase is a constant in each copy of their body.
  const Expr phase = axes.y % rows.stride * columns.stride + axes.x % columns.stride;
  Func out = MakeFunc("out", Axes(4), builder.LowerEpilogue(spec.sums(), Halide::mux(phase, phase_values)));
  builder.AddOutput(out, spec.results);
  ScheduleInputGrad(out, phase_sums, conv, conv_chunk, phase_size, vectors, image, context);
  return builder.Finish();
}

}  // namespace brine::codegen
