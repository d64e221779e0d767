#include "codegen/halide/conv/sparse_input_grad.h"

#include <algorithm>
#include <string>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/sparse/pixel_lists.h"
#include "codegen/halide/sparse/row_lists.h"
#include "codegen/halide/sparse/sparse_gradient.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

constexpr int kMaxCells = 9;  // of a window of the pool; the loop over the cells of a row is unrolled

// The most bytes of a task's lists, and the most bytes of its sums.  Both are used again and again, so they should stay
// in the second-level cache.
int64_t MaxTaskBytes(const Machine& machine) { return 4 * machine.l1_bytes; }

// The number of columns of a patch, that is, of the pixels of the input that the cells in a row of a window reach.
int PatchColumns(const ConvProblem& conv, const SparseGradient& gradient) {
  return conv.window.size[1] + gradient.window_columns - 1;
}

// How the rows of the kernel are cut: a patch has as many of them as its registers allow.  If they do not divide the
// kernel, it gets rows of zeros at its end.
struct TapRows {
  int per_patch, patches;
  int all() const { return per_patch * patches; }
};
TapRows TapRowsOf(const ConvProblem& conv, const SparseGradient& gradient, const Machine& machine) {
  const int most = std::max(1, (machine.registers - 2) / PatchColumns(conv, gradient));
  const int patches = CeilDiv(conv.window.size[0], most);
  return {CeilDiv(conv.window.size[0], patches), patches};
}

// The extents of the input with a border that has room for every patch, so that none needs a test, and with the padding
// of the pool before it.
int PaddedHeightOf(const ConvProblem& conv, const SparseGradient& gradient, const Machine& machine) {
  return std::max(gradient.rows_before + conv.height + conv.window.before[0] + conv.window.after[0],
                  gradient.PixelRows(gradient.rows) + TapRowsOf(conv, gradient, machine).all() - 1);
}
int PaddedWidthOf(const ConvProblem& conv, const SparseGradient& gradient) {
  return std::max(gradient.columns_before + conv.width + conv.window.before[1] + conv.window.after[1],
                  gradient.PixelColumns(gradient.columns) + conv.window.size[1] - 1);
}

// Builds the kernel: the weights (packed_), the lists of an image (lists_), the patches (patch_) and their sum
// (image_).
class SparseInputGrad {
 public:
  SparseInputGrad(KernelBuilder& builder, const SparseGradient& gradient)
      : builder_(builder),
        context_(builder.context()),
        conv_(ConvProblemOf(builder.spec())),
        gradient_(gradient),
        gradient_values_(builder.Read(gradient.values)),
        argmax_(gradient.pooled() ? builder.Read(gradient.argmax) : Tensor()),
        w_(builder.Read(builder.spec().operand(1))),
        lanes_(context_.lanes),
        patch_columns_(PatchColumns(conv_, gradient)),
        channel_vectors_(CeilDiv(conv_.channels, lanes_)),
        tap_rows_(TapRowsOf(conv_, gradient, context_)),
        height_(PaddedHeightOf(conv_, gradient, context_)),
        width_(PaddedWidthOf(conv_, gradient)),
        lists_(MakeLists()) {}

  ScheduledKernel Build() {
    PackWeights();
    SumPatches();
    MakeResult();
    ScheduledKernel kernel = builder_.Finish();
    kernel.sparse = gradient_.values;
    return kernel;
  }

 private:
  // Copies the weights such that the lanes of a vector of channels are innermost, then the taps of a filter.  So an
  // entry of a list reads one contiguous vector for each tap.  Even where registers would hold two vectors of channels,
  // one is computed at a time, since the weights of two would not fit the first-level cache.
  void PackWeights() {
    const Expr channel = vector_ * lanes_ + lane_, tap_row = Halide::min(tap_row_, conv_.window.size[0] - 1),
               weight = w_({tap_row, tap_column_, Halide::min(channel, conv_.channels - 1), filter_});
    const bool has_all_weights = conv_.channels % lanes_ == 0 && tap_rows_.all() == conv_.window.size[0];
    packed_(lane_, tap_column_, tap_row_, filter_, vector_) =
        has_all_weights ? weight
                        : Halide::select(channel < conv_.channels && tap_row_ < conv_.window.size[0], weight, 0.0f);
    packed_.compute_root()
        .bound(lane_, 0, lanes_)
        .bound(vector_, 0, channel_vectors_)
        .reorder(lane_, tap_column_, tap_row_, vector_, filter_)
        .vectorize(lane_)
        .parallel(filter_, std::min(context_.tasks, gradient_.filters));
  }

  // List `cell` of window (x, y): the filters whose argmax is that cell, or all nonzero ones if there is no pool.
  PixelLists MakeLists() const {
    return PixelLists(
        gradient_.filters, [this](const Expr& filter, const Var& cell, const Var& x, const Var& y, const Var& n) {
          const Index element = {n, y, x, filter};
          const Expr is_nonzero = IsNonzero(gradient_values_(element));
          if (!gradient_.pooled()) return is_nonzero;
          return is_nonzero && argmax_(element) == Halide::cast<uint8_t>(cell) && IsCellInside(gradient_, y, x, cell);
        });
  }

  void SumPatches() {
    patch_(lane_, patch_x_, patch_y_, first_tap_row_, window_row_, x_, y_, n_, vector_) = 0.0f;
    for (int column = 0; column < gradient_.window_columns; ++column) {
      RDom r(0, conv_.window.size[1], 0, tap_rows_.per_patch, 0, gradient_.filters, "entry" + std::to_string(column));
      const Expr cell = window_row_ * gradient_.window_columns + column;
      r.where(r.z < lists_.Count(cell, x_, y_, n_));  // becomes the bound of the loop
      const Expr filter = lists_.Entry(r.z, cell, x_, y_, n_);
      patch_(lane_, column + r.x, r.y, first_tap_row_, window_row_, x_, y_, n_, vector_) +=
          gradient_values_({n_, y_, x_, filter}) * packed_(lane_, r.x, first_tap_row_ + r.y, filter, vector_);
      patch_.update(column).reorder(lane_, r.x, r.y, r.z).vectorize(lane_).unroll(r.x).unroll(r.y);
    }
    // Column and row of a patch, number of the patch in the kernel, row of a window, column and row of the windows.
    patch_pixel_ = RDom({{0, patch_columns_},
                         {0, tap_rows_.per_patch},
                         {0, tap_rows_.patches},
                         {0, gradient_.window_rows},
                         {0, gradient_.columns},
                         {0, gradient_.rows}},
                        "to");
    image_(lane_, x_, y_, n_, vector_) = 0.0f;
    const Expr first_tap_row = patch_pixel_[2] * tap_rows_.per_patch;
    image_(lane_, patch_pixel_[4] * gradient_.step_columns + patch_pixel_[0],
           patch_pixel_[5] * gradient_.step_rows + patch_pixel_[3] + first_tap_row + patch_pixel_[1], n_, vector_) +=
        patch_(lane_, patch_pixel_[0], patch_pixel_[1], first_tap_row, patch_pixel_[3], patch_pixel_[4],
               patch_pixel_[5], n_, vector_);
  }

  void MakeResult() {
    const ImageAxes axes = AxesOfImage();
    const Expr sum = image_(axes.c % lanes_, axes.x + (conv_.window.before[1] + gradient_.columns_before),
                            axes.y + (conv_.window.before[0] + gradient_.rows_before), axes.n, axes.c / lanes_);
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    BoundImage(out, conv_.height, conv_.width, conv_.channels, context_.batch_extent);
    Var vector, lane;
    out.split(axes.c, vector, lane, lanes_, Halide::TailStrategy::GuardWithIf)
        .reorder(lane, axes.x, axes.y, vector, axes.n);
    // If images are enough tasks, a task computes all channels of an image, and writes those of a pixel together, since
    // they are contiguous.
    const bool has_all_channels = context_.batch_size >= context_.tasks &&
                                  int64_t{height_} * width_ * channel_vectors_ * lanes_ * 4 <= MaxTaskBytes(context_);
    if (has_all_channels) out.reorder(lane, vector, axes.x, axes.y, axes.n);
    if (conv_.channels % lanes_ == 0) out.vectorize(lane);
    const std::vector<Loop> loops = {{axes.n, context_.batch_size}, {vector, channel_vectors_}};
    const ParallelLoop parallel = ParallelizeOuterLoops(out, loops, context_);
    lists_.Schedule(out, parallel.LoopAfterFusion(axes.n));

    image_.compute_at(out, parallel.LoopAfterFusion(has_all_channels ? axes.n : vector))
        .store_in(kOnStack)
        .vectorize(lane_);
    image_.bound_extent(lane_, lanes_).bound_extent(x_, width_).bound_extent(y_, height_);
    image_.update()
        .reorder(lane_, patch_pixel_[0], patch_pixel_[1], patch_pixel_[2], patch_pixel_[3], patch_pixel_[4],
                 patch_pixel_[5])
        .vectorize(lane_)
        .unroll(patch_pixel_[0])
        .unroll(patch_pixel_[1]);
    patch_.compute_at(image_, patch_pixel_[2]).vectorize(lane_).unroll(patch_x_).unroll(patch_y_);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const SparseGradient gradient_;
  const Tensor gradient_values_, argmax_, w_;
  const int lanes_, patch_columns_, channel_vectors_;
  const TapRows tap_rows_;
  const int height_, width_;  // with the border
  PixelLists lists_;
  const Var n_{"n"}, y_{"y"}, x_{"x"};  // of a window; in image_, of a pixel of the input with its border
  const Var filter_{"filter"}, tap_column_{"tap_column"}, tap_row_{"tap_row"};
  const Var vector_{"vector"}, lane_{"lane"};  // of channels
  const Var patch_x_{"patch_x"}, patch_y_{"patch_y"};
  const Var first_tap_row_{"first_tap_row"};  // of a patch
  const Var window_row_{"window_row"};
  Func packed_{"packed"};
  Func patch_{"patch"}, image_{"image"};
  RDom patch_pixel_;
};

}  // namespace

std::string CanSparseInputGrad(const KernelSpec& spec, const Machine& machine) {
  SparseGradient gradient;
  if (std::string reason = FindSparseGradient(spec, spec.operand(0), &gradient); !reason.empty()) return reason;
  const ConvProblem conv = ConvProblemOf(spec);
  if (gradient.cells() > kMaxCells) return "windows of its pool have more than nine cells";
  if (gradient.filters >= 65536) return "it has more filters than entries can name";
  if (PatchColumns(conv, gradient) > machine.registers - 2)
    return "the pixels under a row of taps exceed the registers";
  if (PixelLists::Bytes(gradient.filters, int64_t{gradient.windows()} * gradient.cells()) > MaxTaskBytes(machine))
    return "lists of an image do not fit a task's stack";
  const int64_t padded_pixels = int64_t{PaddedHeightOf(conv, gradient, machine)} * PaddedWidthOf(conv, gradient);
  if (padded_pixels * machine.lanes * 4 > MaxTaskBytes(machine)) return "sums of an image do not fit a task's stack";
  return "";
}

Work CostSparseInputGrad(const KernelSpec& spec, const Machine& machine) {
  SparseGradient gradient;
  FindSparseGradient(spec, spec.operand(0), &gradient);
  const ConvProblem conv = ConvProblemOf(spec);
  const TapRows tap_rows = TapRowsOf(conv, gradient, machine);
  const double taps = tap_rows.all() * conv.window.size[1],
               channels = CeilDiv(conv.channels, machine.lanes) * machine.lanes;
  Work work = CommonWork(spec);
  work.sparse_products = gradient.nonzero_elements(conv.batch) * taps * channels;
  // A patch of few sums, as that of a 1×1 kernel, waits for its last multiply-add before it begins the next.
  const double sums = tap_rows.per_patch * PatchColumns(conv, gradient);
  work.sparse_products *= std::max(1.0, machine.multiply_add_latency / sums);
  work.tested_elements = gradient.cells() * gradient.nonzero_elements(conv.batch) / gradient.nonzero_share;
  // Each patch is added to the sums of its image: they are loaded and stored.
  work.cache_bytes = 8.0 * conv.batch * gradient.windows() * gradient.window_rows * PatchColumns(conv, gradient) *
                     tap_rows.all() * channels;
  return work;
}

ScheduledKernel BuildSparseInputGrad(KernelBuilder& builder) {
  SparseGradient gradient;
  FindSparseGradient(builder.spec(), builder.spec().operand(0), &gradient);
  return SparseInputGrad(builder, gradient).Build();
}

}  // namespace brine::codegen
