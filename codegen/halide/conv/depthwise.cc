#include "codegen/halide/conv/depthwise.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "passes/regions.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::TailStrategy;
using Halide::Var;
using ir::ValueId;

namespace {

constexpr int kMaxTaps = 64;         // taps are unrolled
constexpr int kMaxPhases = 4;        // of an input gradient: the phases of both axes are unrolled
constexpr int kMaxBlockVectors = 4;  // of a block of channels
constexpr int kMaxTilePixels = 8;    // of a register tile

bool IsInputGrad(const ConvProblem& conv) { return conv.direction == ConvDirection::kInputGrad; }

// The number of pixels in a register tile, each with `sums_per_pixel` sums: those of all phases, or of the cells of a
// window.  Besides the sums, registers hold as many pixels of the image.  Every tile costs about as much as one more
// pixel, and those past the edge are wasted.
int PixelsPerTile(int width, int sums_per_pixel, const Machine& machine) {
  const int most = std::clamp((machine.registers - 4) / (2 * sums_per_pixel), 1, std::min(width, kMaxTilePixels));
  int best = 1;
  for (int pixels = 2; pixels <= most; ++pixels) {
    if (CeilDiv(width, pixels) * (pixels + 1) <= CeilDiv(width, best) * (best + 1)) best = pixels;
  }
  return best;
}

// Builds the kernel.  The sums of a phase are those of the results (q·phases + phase) for all q.
class Depthwise {
 public:
  explicit Depthwise(KernelBuilder& builder)
      : builder_(builder),
        spec_(builder.spec()),
        context_(builder.context()),
        conv_(ConvProblemOf(spec_)),
        multiplier_(ChannelMultiplier(conv_)),
        axes_{TapAxisOf(conv_, 0), TapAxisOf(conv_, 1)},
        image_(MakeTapImage(builder, 0, axes_, IsInputGrad(conv_) ? 1 : multiplier_)),
        w_(builder.Read(spec_.operand(1))) {}

  ScheduledKernel Build() {
    const auto [n, y, x, c] = AxesOfImage();
    for (int row_phase = 0; row_phase < axes_[0].phases; ++row_phase) {
      for (int column_phase = 0; column_phase < axes_[1].phases; ++column_phase) {
        Func sum("phase");
        sum(c, x, y, n) = SumOfTaps(axes_[0].taps[Position(row_phase)], axes_[1].taps[Position(column_phase)]);
        phase_sums_.push_back(sum);
      }
    }
    const auto sum_of_cell = [&](int row, int column) {
      return SumAt(y * conv_.pool_rows + row, x * conv_.pool_columns + column);
    };
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(ToIndex(Axes(4)), sum_of_cell));
    builder_.AddOutput(out, spec_.results);
    Schedule(out);
    return builder_.Finish();
  }

 private:
  static size_t Position(int phase) { return static_cast<size_t>(phase); }
  // The extent of the sums along an axis.
  int ExtentOf(size_t axis) const { return static_cast<int>(spec_.sums_shape()[axis]); }

  // The result at row y and column x of a phase.
  Expr SumOfTaps(const std::vector<TapAxis::Tap>& rows, const std::vector<TapAxis::Tap>& columns) const {
    const auto [n, y, x, c] = AxesOfImage();
    const int filters_per_result = IsInputGrad(conv_) ? multiplier_ : 1;
    Expr sum = 0.0f;
    for (const TapAxis::Tap& row : rows) {
      for (const TapAxis::Tap& column : columns) {
        for (int k = 0; k < filters_per_result; ++k) {
          const Expr filter = c * filters_per_result + k;
          sum += w_({row.tap, column.tap, 0, filter}) *
                 image_.tensor({n, y * axes_[0].step + row.shift, x * axes_[1].step + column.shift, filter});
        }
      }
    }
    return sum;
  }

  // The hero's sum for a pixel.
  Expr SumAt(const Expr& y, const Expr& x) const {
    const auto [n, row, column, c] = AxesOfImage();
    const int row_phases = axes_[0].phases, column_phases = axes_[1].phases;
    std::vector<Expr> sums;
    for (const Func& sum : phase_sums_) sums.push_back(sum(c, x / column_phases, y / row_phases, n));
    // The loops over phases are unrolled, so the phase is a constant in each copy of their body.
    return Halide::mux(y % row_phases * column_phases + x % column_phases, sums);
  }

  void Schedule(Func& out) {
    const auto [n, y, x, c] = AxesOfImage();
    const int height = ExtentOf(1) / conv_.pool_rows, width = ExtentOf(2) / conv_.pool_columns, channels = ExtentOf(3);
    const ChannelBlocks blocks = CutChannels(channels, context_);
    const int rows = axes_[0].Quotients(height), columns = axes_[1].Quotients(width);
    const int sums_per_pixel = axes_[0].phases * axes_[1].phases * conv_.cells(),
              pixels = PixelsPerTile(columns, sums_per_pixel, context_);
    const int image_rows = axes_[0].step * conv_.pool_rows;  // that a row of results begins after the one before
    const int chunk_rows = RowsPerChunk(rows, int64_t{4} * image_rows * axes_[1].size * blocks.channels(), context_);
    Var block, vector, lane, chunk, row, row_phase, tile, pixel, column_phase;
    BoundImage(out, height, width, channels, context_.batch_extent);
    out.split(c, block, lane, blocks.channels(), TailStrategy::ShiftInwards).split(lane, vector, lane, blocks.lanes);
    out.split(y, row, row_phase, axes_[0].phases, TailStrategy::GuardWithIf).split(row, chunk, row, chunk_rows);
    out.split(x, tile, column_phase, axes_[1].phases, TailStrategy::GuardWithIf)
        .split(tile, tile, pixel, pixels, TailStrategy::ShiftInwards);
    out.reorder({lane, column_phase, pixel, row_phase, vector, tile, row, chunk, block, n})
        .vectorize(lane)
        .unroll(column_phase)
        .unroll(pixel)
        .unroll(row_phase);
    const std::vector<Loop> loops = {
        {n, context_.batch_size}, {block, blocks.count}, {chunk, CeilDiv(rows, chunk_rows)}};
    const ParallelLoop parallel = ParallelizeOuterLoops(out, loops, context_);
    for (Func& sum : phase_sums_) sum.compute_at(out, vector).vectorize(c, blocks.lanes).unroll(x).unroll(y);
    image_.Schedule({out, parallel.LoopAfterFusion(chunk)}, blocks);
  }

  KernelBuilder& builder_;
  const KernelSpec& spec_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const int multiplier_;
  const TapAxis axes_[2];  // rows, columns
  TapImage image_;
  const Tensor w_;
  std::vector<Func> phase_sums_;
};

}  // namespace

std::string NeedsDepthwise(const ConvProblem& problem) {
  if (problem.groups == 1) return "it has a single group";
  if (problem.groups != problem.channels) return "its groups have several channels";
  if (problem.window.size[0] * problem.window.size[1] > kMaxTaps)
    return absl::StrCat("it has more than ", kMaxTaps, " taps");
  return "";
}

ChannelBlocks CutChannels(int channels, const Machine& machine) {
  ChannelBlocks blocks = {std::min(channels, machine.lanes), 1, 0};
  const auto computed = [&](int vectors) { return CeilDiv(channels, vectors * blocks.lanes) * vectors; };
  for (int vectors = 2; vectors <= std::min(kMaxBlockVectors, channels / blocks.lanes); ++vectors) {
    if (computed(vectors) <= computed(blocks.vectors)) blocks.vectors = vectors;
  }
  blocks.count = CeilDiv(channels, blocks.channels());
  return blocks;
}

TapAxis TapAxisOf(const ConvProblem& problem, int axis) {
  const Window& window = problem.window;
  const int stride = window.stride[axis], dilation = window.dilation[axis], padding = window.before[axis];
  const bool is_input_grad = IsInputGrad(problem);
  TapAxis result = {
      .phases = is_input_grad ? stride : 1, .step = is_input_grad ? 1 : stride, .before = 0, .size = 0, .taps = {}};
  result.taps.resize(static_cast<size_t>(result.phases));
  int last = 0;
  for (int phase = 0; phase < result.phases; ++phase) {
    for (int tap = 0; tap < window.size[axis]; ++tap) {
      // x at (q·stride + phase) is read by y at q + (phase + padding − tap·dilation) / stride, if that is whole.
      const int distance = is_input_grad ? phase + padding - tap * dilation : tap * dilation - padding;
      if (distance % result.phases != 0) continue;
      const int shift = distance / result.phases;
      result.taps[static_cast<size_t>(phase)].push_back({tap, shift});
      result.before = std::max(result.before, -shift);
      last = std::max(last, shift);
    }
  }
  for (std::vector<TapAxis::Tap>& taps : result.taps) {
    for (TapAxis::Tap& tap : taps) tap.shift += result.before;
  }
  const int extent =
      is_input_grad ? (axis == 0 ? problem.height : problem.width) : (axis == 0 ? problem.rows : problem.columns);
  result.size = result.before + (result.Quotients(extent) - 1) * result.step + last + 1;
  return result;
}

TapImage MakeTapImage(KernelBuilder& builder, int operand, const TapAxis (&axes)[2], int repeats) {
  const ValueId value = builder.spec().operand(operand);
  const Tensor image = builder.Read(value);
  const ir::Shape& shape = image.type.shape;
  const auto is_inside = [&](size_t axis) { return axes[axis].before == 0 && axes[axis].size <= shape[axis + 1]; };
  if (repeats == 1 && is_inside(0) && is_inside(1) && builder.IsStored(value)) return {image, false};
  const int before[2] = {axes[0].before, axes[1].before}, size[2] = {axes[0].size, axes[1].size};
  const int no_dilation[2] = {1, 1};
  const auto [n, y, x, c] = AxesOfImage();
  const Tensor repeated = {{image.type.dtype, {shape[0], shape[1], shape[2], shape[3] * repeats}},
                           MakeFunc("repeated", Axes(4), {image({n, y, x, c / repeats})})};
  const StoredFunc bordered = MakeBordered(repeated, before, no_dilation, size);
  return {{{image.type.dtype, bordered.shape}, bordered.func}, true};
}

void TapImage::Schedule(const Halide::LoopLevel& level, const ChannelBlocks& blocks) {
  if (!is_copy) return;
  const Var c = AxesOfImage().c;
  tensor.func.compute_at(level).store_in(kOnStack).vectorize(c, blocks.lanes).unroll(c);
}

int RowsPerChunk(int rows, int64_t bytes_per_row, const Machine& machine) {
  int best = 1;
  for (int chunk_rows = 2; chunk_rows <= rows; ++chunk_rows) {
    if (rows % chunk_rows == 0 && chunk_rows * bytes_per_row <= machine.l2_bytes / 8) best = chunk_rows;
  }
  return best;
}

std::string CanDepthwise(const KernelSpec& spec, const Machine&) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsDepthwise(conv); !reason.empty()) return reason;
  if (conv.cells() > passes::kMaxPoolCells) return "windows of its pool have more than nine cells";
  if (conv.rows < conv.pool_rows || conv.columns < conv.pool_columns) return "its pool has no windows";
  if (IsInputGrad(conv) && std::max(conv.window.stride[0], conv.window.stride[1]) > kMaxPhases)
    return absl::StrCat("its strides exceed ", kMaxPhases);
  return "";
}

Work CostDepthwise(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  const ChannelBlocks blocks = CutChannels(conv.filters, machine);
  work.products = conv.products();
  work.tile_utilization = 0.33 * conv.filters / (blocks.count * blocks.channels());
  work.cache_bytes += 8 * ElementCount(spec, spec.operand(0));  // a copy is stored and loaded
  return work;
}

ScheduledKernel BuildDepthwise(KernelBuilder& builder) { return Depthwise(builder).Build(); }

}  // namespace brine::codegen
