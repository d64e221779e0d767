// A tile of 4×4 gradients and the 6×6 pixels under it give the 3×3 taps with 36 products instead of 144.  The products
// are summed over all tiles before the inverse transform, so it is computed once for a batch.
//
// Some images at a time are transformed.  Then each of the 36 points is a matrix product, [channels, tiles] · [tiles,
// filters], and these products are the tasks.
#include "codegen/halide/conv/winograd_weight_grad.h"

#include <algorithm>

#include "codegen/halide/conv/winograd.h"
#include "codegen/halide/conv/winograd_transforms.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kSide = 4, kKernel = 3;  // of a tile of gradients; of the kernel
constexpr int kSidePoints = kSide + kKernel - 1;
constexpr int kGroupTiles = 128;            // tiles that are summed each time a point's sums are loaded and stored
constexpr double kTransformOperations = 6;  // for each point of a transform

int64_t TilesOf(const ConvProblem& conv) {
  return int64_t{conv.batch} * CeilDiv(conv.rows, kSide) * CeilDiv(conv.columns, kSide);
}

// The number of images in a group, from the number of tiles of an image.
int GroupImages(int image_tiles, int batch) { return std::clamp(kGroupTiles / image_tiles, 1, batch); }

constexpr int kNoBorder[2] = {0, 0};

// The kernel while it is built.
class WinogradWeightGrad {
 public:
  explicit WinogradWeightGrad(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        conv_(ConvProblemOf(builder.spec())),
        input_(builder.Read(builder.spec().operand(0))),
        dy_(builder.TrimmedImage(1)),
        rows_(CeilDiv(dy_.type.shape[1], kSide)),
        columns_(CeilDiv(dy_.type.shape[2], kSide)),
        group_(GroupImages(rows_ * columns_, conv_.batch)),
        lanes_(context_.lanes),
        vectors_(CeilDiv(conv_.filters, lanes_)),
        image_(builder.WithBorder(input_, conv_.window.before,
                                  {kSide * rows_ + kKernel - 1, kSide * columns_ + kKernel - 1})),
        gradient_(builder.WithBorder(dy_, kNoBorder, {kSide * rows_, kSide * columns_})) {}

  ScheduledKernel Build() {
    DefineTransforms();
    DefineSums();
    Func out = DefineResults();
    ScheduleResults(out);
    ScheduleSums();
    ScheduleTransforms();
    return builder_.Finish();
  }

 private:
  int tiles() const { return group_ * rows_ * columns_; }  // of a group

  void DefineTransforms() {
    const Expr row = t_ / columns_ % rows_ * kSide, column = t_ % columns_ * kSide,
               number = g_ * group_ + t_ / (rows_ * columns_), n = Halide::min(number, context_.rows - 1);
    image_rows_(c_, e_, a_, t_, g_) = Transform(transforms_.input, kSidePoints, e_, Each(kSidePoints, [&](int b) {
                                                  return image_({n, row + a_, column + b, c_});
                                                }));
    images_(c_, t_, e_, f_, g_) =
        Transform(transforms_.input, kSidePoints, f_,
                  Each(kSidePoints, [&](int line) { return image_rows_(c_, e_, line, t_, g_); }));
    const Expr in_vectors = v_ * lanes_ + k_;
    const Expr filter = conv_.filters % lanes_ == 0 ? in_vectors : Halide::min(in_vectors, conv_.filters - 1);
    gradient_rows_(k_, v_, e_, a_, t_, g_) =
        Transform(transforms_.filter, kSidePoints, e_, Each(kSide, [&](int b) {
                    const Expr element = gradient_({n, row + a_, column + b, filter});
                    return Halide::select(number < context_.rows, element, 0.0f);
                  }));
    gradients_(k_, t_, v_, e_, f_, g_) =
        Transform(transforms_.filter, kSidePoints, f_,
                  Each(kSide, [&](int line) { return gradient_rows_(k_, v_, e_, line, t_, g_); }));
  }

  // k is a filter here, which the last tile of sums clamps to the last one, as it does channels; those sums are
  // discarded.
  void DefineSums() {
    each_tile_ = RDom(0, tiles(), "walk");
    groups_ = RDom(0, (context_.rows + group_ - 1) / group_, "groups");
    product_(k_, c_, e_, f_, g_) = 0.0f;
    product_(k_, c_, e_, f_, g_) +=
        gradients_(k_ % lanes_, each_tile_, Halide::min(k_ / lanes_, vectors_ - 1), e_, f_, g_) *
        images_(Halide::min(c_, conv_.channels - 1), each_tile_, e_, f_, g_);
    sum_(k_, c_, e_, f_) = 0.0f;
    sum_(k_, c_, e_, f_) += product_(k_, c_, e_, f_, groups_);
  }

  Func DefineResults() {
    half_(k_, c_, a_, f_) = Transform(transforms_.output, kKernel, a_,
                                      Each(kSidePoints, [&](int point) { return sum_(k_, c_, point, f_); }));
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const Expr sum_of_taps =
        Transform(transforms_.output, kKernel, a, Each(kSidePoints, [&](int point) { return half_(f, c, b, point); }));
    Func out = MakeFunc("out", Axes(4), builder_.ResultsAt(builder_.spec().sums(), sum_of_taps));
    builder_.AddOutput(out, builder_.spec().results);
    return out;
  }

  void ScheduleResults(Func& out) {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    out.bound(f, 0, conv_.filters).bound(c, 0, conv_.channels).bound(b, 0, kKernel).bound(a, 0, kKernel);
    out.compute_root()
        .reorder(b, a, f, c)
        .vectorize(f, lanes_, TailStrategy::GuardWithIf)
        .unroll(b)
        .unroll(a)
        .parallel(c, std::max(1, conv_.channels / static_cast<int>(kTasks)), TailStrategy::GuardWithIf);
    half_.compute_at(out, f).vectorize(k_, lanes_, TailStrategy::GuardWithIf).unroll(a_).unroll(f_);
  }

  void ScheduleSums() {
    const Tile tile = ChooseTile(conv_.filters, conv_.channels, context_);
    const int across = lanes_ * tile.vectors;
    Var kt, ki, ct, ci, task;  // tile and filter of it, tile and channel of it
    sum_.compute_root()
        .bound(k_, 0, conv_.filters)
        .bound(c_, 0, conv_.channels)
        .bound(e_, 0, kSidePoints)
        .bound(f_, 0, kSidePoints);
    sum_.vectorize(k_, lanes_, TailStrategy::GuardWithIf).fuse(e_, f_, task).parallel(task);
    sum_.update()
        .split(k_, kt, ki, across, TailStrategy::GuardWithIf)
        .split(c_, ct, ci, tile.rows, TailStrategy::GuardWithIf)
        .reorder(ki, ci, ct, kt, e_, f_, groups_.x)
        .vectorize(ki, lanes_, TailStrategy::GuardWithIf)
        .fuse(e_, f_, task)
        .parallel(task);
    product_.compute_at(sum_, ct)
        .bound_extent(k_, across)
        .bound_extent(c_, tile.rows)
        .vectorize(k_, lanes_)
        .unroll(k_)
        .unroll(c_);
    product_.update().reorder(k_, c_, each_tile_).vectorize(k_, lanes_).unroll(k_).unroll(c_);
  }

  void ScheduleTransforms() {
    // The points of a tile are written together; an odd number of tiles puts them into different sets of a cache.
    const int stride = tiles() | 1;
    // If the tail were shifted inwards, two tasks would write the same tiles, and the compiler may have rounded them
    // differently in each.
    const int each = CeilDiv(tiles(), kTasks);
    for (Func* func : {&images_, &gradients_}) {
      func->store_root()
          .compute_at(sum_, groups_.x)
          .bound(t_, 0, tiles())
          .bound(e_, 0, kSidePoints)
          .bound(f_, 0, kSidePoints)
          .fold_storage(g_, 1)
          .bound_storage(t_, stride);
    }
    images_.bound(c_, 0, conv_.channels)
        .reorder(e_, f_, c_, t_)
        .vectorize(c_, lanes_, TailStrategy::GuardWithIf)
        .unroll(e_)
        .unroll(f_)
        .parallel(t_, each, TailStrategy::GuardWithIf);
    image_rows_.compute_at(images_, c_).vectorize(c_, lanes_).unroll(e_).unroll(a_);
    gradients_.bound(k_, 0, lanes_)
        .bound(v_, 0, vectors_)
        .reorder(e_, f_, k_, v_, t_)
        .vectorize(k_, lanes_)
        .unroll(e_)
        .unroll(f_)
        .parallel(t_, each, TailStrategy::GuardWithIf);
    gradient_rows_.compute_at(gradients_, k_).vectorize(k_, lanes_).unroll(e_).unroll(a_);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const ConvProblem conv_;
  const Transforms transforms_ = MakeTransforms(kKernel, kSide);
  const Tensor input_, dy_;
  const int rows_, columns_;   // tiles of an image
  const int group_;            // images of a group
  const int lanes_, vectors_;  // of a vector; vectors of filters
  const Tensor image_, gradient_;
  // Lane of a vector of filters, channel, tile of a group, point along a row and along a column, group, row of a tile,
  // vector of filters.
  const Var k_{"k"}, c_{"c"}, t_{"t"}, e_{"e"}, f_{"f"}, g_{"g"}, a_{"a"}, v_{"v"};
  Func image_rows_{"image_rows"}, images_{"images"}, gradient_rows_{"gradient_rows"}, gradients_{"gradients"};
  Func product_{"product"}, sum_{"sum"}, half_{"half"};
  RDom each_tile_, groups_;
};

}  // namespace

std::string CanWinogradWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsWinogradKernel(conv); !reason.empty()) return reason;
  if (std::min(conv.channels, conv.filters) < machine.lanes) return "its channels or filters do not fill a vector";
  if (TilesOf(conv) < kMinWinogradTerms)
    return "its batch has fewer than 16 tiles of gradients, over which its rounding would exceed the bound of errors";
  return "";
}

Work CostWinogradWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const int image_tiles = CeilDiv(conv.rows, kSide) * CeilDiv(conv.columns, kSide);
  const double tiles = static_cast<double>(TilesOf(conv)),
               groups = CeilDiv(conv.batch, GroupImages(image_tiles, conv.batch));
  const double points = kSidePoints * kSidePoints, filters = CeilDiv(conv.filters, machine.lanes) * machine.lanes;
  const double sums = points * conv.channels * filters;
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  work.products = tiles * sums;
  work.tile_utilization = 0.75;
  work.elementwise += kTransformOperations * (tiles * points * (conv.channels + filters) + sums);
  work.cache_bytes += 8 * tiles * points * (conv.channels + filters);
  // For each group of images, sums are loaded and stored; at the start they are set to 0, and at the end transformed.
  (4 * sums > static_cast<double>(machine.l2_bytes) ? work.memory_bytes : work.cache_bytes) += 8 * (groups + 1) * sums;
  return work;
}

ScheduledKernel BuildWinogradWeightGrad(KernelBuilder& builder) { return WinogradWeightGrad(builder).Build(); }

}  // namespace brine::codegen
