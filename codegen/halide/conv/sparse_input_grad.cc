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

constexpr int kMaxCells = 4;  // cells of a window; each has a list

// The most bytes of a task's lists, and of its sums: a few first-level caches.
int64_t TaskBytes(const Machine& machine) { return 4 * machine.l1_bytes; }

// The number of columns of pixels that the elements of a row of a window reach.
int Reach(const ConvProblem& conv, const SparseGradient& gradient) { return conv.window.size[1] + gradient.across - 1; }

// The extents of the input with its border.
int HeightOf(const ConvProblem& conv) { return conv.height + conv.window.before[0] + conv.window.after[0]; }
int WidthOf(const ConvProblem& conv) { return conv.width + conv.window.before[1] + conv.window.after[1]; }

class SparseInputGrad {
 public:
  SparseInputGrad(KernelBuilder& builder, const SparseGradient& gradient)
      : builder_(builder),
        context_(builder.context()),
        conv_(ConvProblemOf(builder.spec())),
        gradient_(gradient),
        d_(builder.Read(gradient.d)),
        index_(gradient.pooled() ? builder.Read(gradient.index) : Tensor()),
        w_(builder.Read(builder.spec().operand(1))),
        lanes_(context_.lanes),
        reach_(Reach(conv_, gradient)),
        channel_vectors_(CeilDiv(conv_.channels, lanes_)),
        height_(HeightOf(conv_)),
        width_(WidthOf(conv_)),
        lists_(MakeLists()) {}

  ScheduledKernel Build() {
    PackWeights();
    SumPatches();
    MakeResult();
    ScheduledKernel kernel = builder_.Finish();
    kernel.sparse = gradient_.d;
    return kernel;
  }

 private:
  // The lanes of a vector of channels are innermost, then the taps of a filter: an entry of a list reads kh·kw
  // contiguous vectors.  AVX-512 has registers for two vectors of channels, but their weights would not fit the
  // first-level cache.
  void PackWeights() {
    const Expr channel = vector_ * lanes_ + lane_,
               weight = w_({tap_row_, tap_column_, Halide::min(channel, conv_.channels - 1), filter_});
    packed_(lane_, tap_column_, tap_row_, filter_, vector_) =
        conv_.channels % lanes_ == 0 ? weight : Halide::select(channel < conv_.channels, weight, 0.0f);
    packed_.compute_root()
        .bound(lane_, 0, lanes_)
        .bound(vector_, 0, channel_vectors_)
        .reorder(lane_, tap_column_, tap_row_, vector_, filter_)
        .vectorize(lane_)
        .parallel(filter_, std::min(16, gradient_.filters));
  }

  Index GradientIndex(const Expr& filter) const { return {n_, y_, x_, filter}; }

  // Each cell of a window has a list of the filters whose argmax it is.
  PixelLists MakeLists() const {
    return PixelLists(gradient_.filters,
                      [this](const Expr& filter, const Var& cell, const Var& x, const Var& y, const Var& n) {
                        const Index element = {n, y, x, filter};
                        const Expr nonzero = IsNonzero(d_(element));
                        return gradient_.pooled() ? nonzero && index_(element) == Halide::cast<uint8_t>(cell) : nonzero;
                      });
  }

  // patch: the sums of the pixels that the elements in row `window_row` of a window reach.  image: the sum of all
  // patches of an image.
  void SumPatches() {
    patch_(lane_, patch_x_, patch_y_, window_row_, x_, y_, n_, vector_) = 0.0f;
    for (int column = 0; column < gradient_.across; ++column) {
      RDom r(0, conv_.window.size[1], 0, conv_.window.size[0], 0, gradient_.filters, "entry" + std::to_string(column));
      const Expr cell = window_row_ * gradient_.across + column;
      r.where(r.z < lists_.Count(cell, x_, y_, n_));  // becomes the bound of the loop
      const Expr filter = lists_.Entry(r.z, cell, x_, y_, n_);
      patch_(lane_, column + r.x, r.y, window_row_, x_, y_, n_, vector_) +=
          d_(GradientIndex(filter)) * packed_(lane_, r.x, r.y, filter, vector_);
      patch_.update(column).reorder(lane_, r.x, r.y, r.z).vectorize(lane_).unroll(r.x).unroll(r.y);
    }
    // The domain: pixel of a patch (x, y), row of a window, window (x, y).
    to_ = RDom(0, reach_, 0, conv_.window.size[0], 0, gradient_.down, 0, gradient_.columns, 0, gradient_.rows, "to");
    image_(lane_, x_, y_, n_, vector_) = 0.0f;
    const int across = gradient_.across * conv_.window.stride[1], down = gradient_.down * conv_.window.stride[0];
    image_(lane_, to_[3] * across + to_[0], to_[4] * down + to_[2] + to_[1], n_, vector_) +=
        patch_(lane_, to_[0], to_[1], to_[2], to_[3], to_[4], n_, vector_);
  }

  void MakeResult() {
    const ImageAxes axes = AxesOfImage();
    const Expr sum = image_(axes.c % lanes_, axes.x + conv_.window.before[1], axes.y + conv_.window.before[0], axes.n,
                            axes.c / lanes_);
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    out.bound(axes.c, 0, conv_.channels)
        .bound(axes.x, 0, conv_.width)
        .bound(axes.y, 0, conv_.height)
        .bound(axes.n, 0, context_.rows);
    Var vector, lane;
    out.split(axes.c, vector, lane, lanes_, Halide::TailStrategy::GuardWithIf)
        .reorder(lane, axes.x, axes.y, vector, axes.n);
    // If that leaves enough tasks, all channels of a pixel are written together, which is contiguous.
    const bool whole = context_.batch_size >= kTasks &&
                       int64_t{height_} * width_ * channel_vectors_ * lanes_ * 4 <= TaskBytes(context_);
    if (whole) out.reorder(lane, vector, axes.x, axes.y, axes.n);
    if (conv_.channels % lanes_ == 0) out.vectorize(lane);
    const std::vector<Loop> loops = {{axes.n, context_.batch_size}, {vector, channel_vectors_}};
    const Task task = Parallel(out, loops);
    lists_.Schedule(out, task.At(loops, 0));

    image_.compute_at(out, task.At(loops, whole ? 0 : 1)).store_in(kOnStack).vectorize(lane_);
    image_.bound_extent(lane_, lanes_).bound_extent(x_, width_).bound_extent(y_, height_);
    image_.update()
        .reorder(lane_, to_[0], to_[1], to_[2], to_[3], to_[4])
        .vectorize(lane_)
        .unroll(to_[0])
        .unroll(to_[1]);
    patch_.compute_at(image_, to_[2]).vectorize(lane_).unroll(patch_x_).unroll(patch_y_);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const SparseGradient gradient_;
  const Tensor d_, index_, w_;
  const int lanes_, reach_, channel_vectors_;
  const int height_, width_;  // with the border
  PixelLists lists_;
  const Var n_{"n"}, y_{"y"}, x_{"x"};  // image; a window, or in image_ a pixel
  const Var filter_{"filter"}, tap_column_{"tap_column"}, tap_row_{"tap_row"};
  const Var vector_{"vector"}, lane_{"lane"};  // a vector is of channels
  const Var patch_x_{"patch_x"}, patch_y_{"patch_y"};
  const Var window_row_{"window_row"};
  Func packed_{"packed"}, patch_{"patch"}, image_{"image"};
  RDom to_;
};

}  // namespace

std::string CanSparseInputGrad(const KernelSpec& spec, const Machine& machine) {
  SparseGradient gradient;
  if (std::string reason = FindSparseGradient(spec, spec.operand(0), &gradient); !reason.empty()) return reason;
  const ConvProblem conv = ConvProblemOf(spec);
  if (gradient.cells() > kMaxCells) return "windows of its pool have more than four cells";
  if (gradient.filters >= 65536) return "it has more filters than entries can name";
  if (Reach(conv, gradient) * conv.window.size[0] > machine.registers - 2)
    return "the pixels under a window exceed the registers";
  if (PixelLists::Bytes(gradient.filters, int64_t{gradient.windows()} * gradient.cells()) > TaskBytes(machine))
    return "lists of an image do not fit a task's stack";
  if (int64_t{HeightOf(conv)} * WidthOf(conv) * machine.lanes * 4 > TaskBytes(machine))
    return "sums of an image do not fit a task's stack";
  return "";
}

Work CostSparseInputGrad(const KernelSpec& spec, const Machine& machine) {
  SparseGradient gradient;
  FindSparseGradient(spec, spec.operand(0), &gradient);
  const ConvProblem conv = ConvProblemOf(spec);
  const double taps = conv.window.size[0] * conv.window.size[1],
               channels = CeilDiv(conv.channels, machine.lanes) * machine.lanes;
  Work work = CommonWork(spec);
  work.sparse_products = gradient.elements(conv.batch) * taps * channels;
  work.tested = gradient.cells() * gradient.elements(conv.batch) / gradient.nonzero;
  // Each window's patch is added to the sums of its image.
  work.cache_bytes =
      8.0 * conv.batch * gradient.windows() * gradient.down * Reach(conv, gradient) * conv.window.size[0] * channels;
  return work;
}

ScheduledKernel BuildSparseInputGrad(KernelBuilder& builder) {
  SparseGradient gradient;
  FindSparseGradient(builder.spec(), builder.spec().operand(0), &gradient);
  return SparseInputGrad(builder, gradient).Build();
}

}  // namespace brine::codegen
