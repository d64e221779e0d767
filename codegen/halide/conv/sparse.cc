#include "codegen/halide/conv/sparse.h"

#include <algorithm>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/sparse/pixel_lists.h"
#include "codegen/halide/sparse/row_lists.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kMaxFilterVectors = 8;  // of a block of filters, whose sums are in registers
// With fewer vectors, the multiply-adds of consecutive entries wait for each other.
constexpr int kMinFilterVectors = 4;

// The convolution that is computed.  Its image is x, or, for the input gradient, dy; then its kernel is transposed.
struct SparseConvProblem {
  ConvProblem conv;
  bool is_transposed;             // whether it is the input gradient
  int image_height, image_width;  // of the image
  int channels;                   // of the image, over which the sums run
  int height, width, filters;     // of the sums
};

SparseConvProblem SparseConvProblemOf(const KernelSpec& spec) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (conv.direction == ConvDirection::kInputGrad) {
    return {conv, true, conv.rows, conv.columns, conv.filters, conv.height, conv.width, conv.channels};
  }
  return {conv, false, conv.height, conv.width, conv.channels, conv.rows, conv.columns, conv.filters};
}

// The number of vectors of filters in a block: as many as have weights for one tap that fill half of the first-level
// cache, and a divisor of the number of all vectors.
int FilterVectorsPerBlock(const SparseConvProblem& problem, const Machine& machine) {
  const int all_vectors = problem.filters / machine.lanes, weight_bytes = static_cast<int>(machine.l1_bytes / 2);
  const int vector_bytes = problem.channels * machine.lanes * 4;
  int vectors = std::min({all_vectors, kMaxFilterVectors, std::max(kMinFilterVectors, weight_bytes / vector_bytes)});
  while (vectors > 1 && all_vectors % vectors != 0) --vectors;
  return vectors;
}

// The coordinate, along one axis of the image, that a pixel of the sums reads under a tap, and whether the image has
// it.  If it does not, the coordinate is that of some pixel of the image.
struct SourcePixel {
  Expr coordinate, exists;
};

PixelLists MakeLists(const Tensor& image) {
  return PixelLists(static_cast<int>(image.type.shape[3]),
                    [&](const Expr& channel, const Var&, const Var& x, const Var& y, const Var& n) {
                      return IsNonzero(image({n, y, x, channel}));
                    });
}

// Builds the kernel: the weights in blocks of filters (packed_), the lists of an image (lists_), the products of one
// list with one tap (list_sum_), and the sums (sum_).
class SparseConv {
 public:
  explicit SparseConv(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        problem_(SparseConvProblemOf(builder.spec())),
        conv_(problem_.conv),
        image_(builder.Read(builder.spec().operand(0))),
        w_(builder.Read(builder.spec().operand(1))),
        filters_per_block_(context_.lanes * FilterVectorsPerBlock(problem_, context_)),
        lists_(MakeLists(image_)) {}

  ScheduledKernel Build() {
    DefineSums();
    const Expr element = sum_(axes_.c % filters_per_block_, axes_.x, axes_.y, axes_.c / filters_per_block_, axes_.n);
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), element));
    builder_.AddOutput(out, builder_.spec().results);
    ScheduleLoops(out);
    ScheduleWeights();
    ScheduledKernel kernel = builder_.Finish();
    kernel.sparse = builder_.spec().operand(0);
    return kernel;
  }

 private:
  // The source of the pixel of the sums at `coordinate` of axis `axis` under tap `tap` of this axis.
  SourcePixel Source(int axis, const Expr& coordinate, const RVar& tap) const {
    const int extent = static_cast<int>(image_.type.shape[static_cast<size_t>(axis) + 1]),
              stride = conv_.window.stride[axis];
    const Expr strided = coordinate + conv_.window.before[axis] - tap;  // stride times the source of the input gradient
    const Expr source = problem_.is_transposed
                            ? strided / stride
                            : coordinate * stride + tap * conv_.window.dilation[axis] - conv_.window.before[axis];
    const Expr is_inside = source >= 0 && source < extent;
    return {Halide::clamp(source, 0, extent - 1),
            problem_.is_transposed && stride > 1 ? is_inside && strided % stride == 0 : is_inside};
  }

  void DefineSums() {
    const Expr filter = block_ * filters_per_block_ + block_filter_;
    packed_(block_filter_, channel_, tap_column_, tap_row_, block_) =
        problem_.is_transposed ? w_({tap_row_, tap_column_, filter, channel_})
                               : w_({tap_row_, tap_column_, channel_, filter});
    tap_ = RDom(0, conv_.window.size[1], 0, conv_.window.size[0], "tap");
    const SourcePixel y = Source(0, axes_.y, tap_.y), x = Source(1, axes_.x, tap_.x);
    tap_.where(y.exists && x.exists);
    entry_ = RDom(0, problem_.channels, "entry");
    entry_.where(entry_ < lists_.Count(0, image_x_, image_y_, axes_.n));  // becomes the bound of the loop
    const Expr channel = lists_.Entry(entry_, 0, image_x_, image_y_, axes_.n);
    list_sum_(block_filter_, image_x_, image_y_, tap_column_, tap_row_, block_, axes_.n) = 0.0f;
    list_sum_(block_filter_, image_x_, image_y_, tap_column_, tap_row_, block_, axes_.n) +=
        image_({axes_.n, image_y_, image_x_, channel}) * packed_(block_filter_, channel, tap_column_, tap_row_, block_);
    sum_(block_filter_, axes_.x, axes_.y, block_, axes_.n) = 0.0f;
    sum_(block_filter_, axes_.x, axes_.y, block_, axes_.n) +=
        list_sum_(block_filter_, x.coordinate, y.coordinate, tap_.x, tap_.y, block_, axes_.n);
  }

  // A task is an image or, if the batch has few images, a chunk of rows or a block of filters of these rows.  Each task
  // makes the lists of the image.
  void ScheduleLoops(Func& out) {
    const int height = problem_.height, width = problem_.width, filters = problem_.filters;
    // The sums of a chunk fill half of the first-level cache.
    const int row_bytes = width * filters_per_block_ * 4;
    const int chunk_rows = std::clamp(static_cast<int>(context_.l1_bytes / 2) / row_bytes, 1, height);
    Var chunk, row, block, filter;
    BoundImage(out, height, width, filters, context_.batch_extent);
    out.split(axes_.c, block, filter, filters_per_block_)
        .split(axes_.y, chunk, row, chunk_rows, TailStrategy::GuardWithIf);
    out.reorder(filter, axes_.x, row, block, chunk, axes_.n).vectorize(filter, context_.lanes).unroll(filter);
    const std::vector<Loop> loops = {
        {axes_.n, context_.batch_size}, {chunk, CeilDiv(height, chunk_rows)}, {block, filters / filters_per_block_}};
    const ParallelLoop parallel = ParallelizeOuterLoops(out, loops, context_);
    lists_.Schedule(out, parallel.LoopAfterFusion(axes_.n));
    sum_.compute_at(out, parallel.LoopAfterFusion(block))
        .store_in(kOnStack)
        .bound_extent(block_filter_, filters_per_block_)
        .vectorize(block_filter_, context_.lanes)
        .unroll(block_filter_);
    sum_.update()
        .reorder(block_filter_, axes_.x, axes_.y, tap_.x, tap_.y)
        .vectorize(block_filter_, context_.lanes)
        .unroll(block_filter_);
    list_sum_.compute_at(sum_, axes_.x).vectorize(block_filter_, context_.lanes).unroll(block_filter_);
    list_sum_.update().reorder(block_filter_, entry_).vectorize(block_filter_, context_.lanes).unroll(block_filter_);
  }

  void ScheduleWeights() {
    packed_.compute_root()
        .bound(block_filter_, 0, filters_per_block_)
        .bound(channel_, 0, problem_.channels)
        .bound(tap_column_, 0, conv_.window.size[1])
        .bound(tap_row_, 0, conv_.window.size[0])
        .bound(block_, 0, problem_.filters / filters_per_block_);
    Var task;
    packed_.vectorize(block_filter_, context_.lanes).fuse(tap_row_, block_, task).parallel(task);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const SparseConvProblem problem_;
  const ConvProblem& conv_;
  const Tensor image_, w_;
  const int filters_per_block_;
  PixelLists lists_;
  const ImageAxes axes_ = AxesOfImage();
  const Var block_filter_{"block_filter"}, block_{"block"}, channel_{"channel"};
  const Var tap_column_{"tap_column"}, tap_row_{"tap_row"};
  const Var image_x_{"image_x"}, image_y_{"image_y"};  // a pixel of the image
  Func packed_{"packed"}, list_sum_{"list_sum"}, sum_{"sum"};
  RDom tap_, entry_;
};

}  // namespace

std::string CanSparseConv(const KernelSpec& spec, const Machine& machine) {
  const SparseConvProblem problem = SparseConvProblemOf(spec);
  if (std::string reason = NeedsOneGroup(problem.conv); !reason.empty()) return reason;
  if (!spec.IsParameter(spec.operand(0))) return "its operand is computed in the kernel";
  if (problem.is_transposed) {
    if (std::string reason = NeedsNoDilation(problem.conv); !reason.empty()) return reason;
  }
  if (problem.filters % machine.lanes != 0) return "its filters do not fill vectors";
  const int64_t max_bytes = 4 * machine.l1_bytes;
  if (int64_t{problem.width} * FilterVectorsPerBlock(problem, machine) * machine.lanes * 4 > max_bytes)
    return "sums of a line do not fit a task's stack";
  if (PixelLists::Bytes(problem.channels, int64_t{problem.image_height} * problem.image_width) > max_bytes)
    return "lists of an image do not fit a task's stack";
  return "";
}

Work CostSparseConv(const KernelSpec& spec, const Machine& machine) {
  const SparseConvProblem problem = SparseConvProblemOf(spec);
  const double share = spec.IsSparse(spec.operand(0)) ? spec.nonzero_share : 1;
  Work work = CommonWork(spec);
  work.sparse_products = share * problem.conv.products();
  // Multiply-adds that wait for each other take about twice as long.
  if (FilterVectorsPerBlock(problem, machine) < kMinFilterVectors) work.sparse_products *= 2;
  work.tested_elements = ElementCount(spec, spec.operand(0));
  // A sum is loaded and stored once for each tap.
  const double taps = problem.conv.window.size[0] * problem.conv.window.size[1];
  work.cache_bytes = 8 * taps * ElementCount(spec, spec.sums());
  // A list that serves one tap is left soon, and the weights of a tap that exceed the first-level cache are read from
  // the second.
  if (taps == 1 || 4 * ElementCount(spec, spec.operand(1)) / taps > static_cast<double>(machine.l1_bytes))
    work.cache_bytes += 0.7 * work.sparse_products;
  return work;
}

ScheduledKernel BuildSparseConv(KernelBuilder& builder) { return SparseConv(builder).Build(); }

}  // namespace brine::codegen
