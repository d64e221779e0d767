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

constexpr int kMaxFilterVectors = 8, kMinFilterVectors = 4;  // with fewer, sums wait for each other

// The convolution that is computed: of x, or, for the input gradient, of dy with the transposed kernel.
struct SparseConvProblem {
  ConvProblem conv;
  bool transposed;
  int image_height, image_width, channels;  // of the operand; summed over channels
  int height, width, filters;               // of the sums
};

SparseConvProblem SparseConvProblemOf(const KernelSpec& spec) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (conv.direction == ConvDirection::kInputGrad) {
    return {conv, true, conv.rows, conv.columns, conv.filters, conv.height, conv.width, conv.channels};
  }
  return {conv, false, conv.height, conv.width, conv.channels, conv.rows, conv.columns, conv.filters};
}

// The number of vectors of filters whose weights for one tap fill half of the first-level cache.
int FilterVectors(const SparseConvProblem& problem, const Machine& machine) {
  const int all = problem.filters / machine.lanes, near = static_cast<int>(machine.l1_bytes / 2);
  int vectors =
      std::min({all, kMaxFilterVectors, std::max(kMinFilterVectors, near / (problem.channels * machine.lanes * 4))});
  while (vectors > 1 && all % vectors != 0) --vectors;
  return vectors;
}

// The pixel of the operand that a pixel of the sums reads under a tap, and whether there is one.
struct SourcePixel {
  Expr index, exists;
};

PixelLists MakeLists(const Tensor& image) {
  return PixelLists(static_cast<int>(image.type.shape[3]),
                    [&](const Expr& channel, const Var&, const Var& x, const Var& y, const Var& n) {
                      return IsNonzero(image({n, y, x, channel}));
                    });
}

// The kernel while it is built.
class SparseConv {
 public:
  explicit SparseConv(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        problem_(SparseConvProblemOf(builder.spec())),
        conv_(problem_.conv),
        image_(builder.Read(builder.spec().operand(0))),
        w_(builder.Read(builder.spec().operand(1))),
        across_(context_.lanes * FilterVectors(problem_, context_)),
        lists_(MakeLists(image_)) {}

  ScheduledKernel Build() {
    DefineSums();
    const Expr element = sum_(at_.c % across_, at_.x, at_.y, at_.c / across_, at_.n);
    Func out = MakeFunc("out", Axes(4), builder_.ResultsAt(builder_.spec().sums(), element));
    builder_.AddOutput(out, builder_.spec().results);
    ScheduleLoops(out);
    ScheduleWeights();
    ScheduledKernel kernel = builder_.Finish();
    kernel.sparse = builder_.spec().operand(0);
    return kernel;
  }

 private:
  // At tap `tap` of an axis.
  SourcePixel Source(int axis, const Expr& place, const RVar& tap) const {
    const int extent = static_cast<int>(image_.type.shape[static_cast<size_t>(axis) + 1]),
              stride = conv_.window.stride[axis];
    const Expr back = place + conv_.window.before[axis] - tap;
    const Expr index = problem_.transposed
                           ? back / stride
                           : place * stride + tap * conv_.window.dilation[axis] - conv_.window.before[axis];
    const Expr inside = index >= 0 && index < extent;
    return {Halide::clamp(index, 0, extent - 1),
            problem_.transposed && stride > 1 ? inside && back % stride == 0 : inside};
  }

  // packed: the weights of a block of filters, contiguous.  list_sum: the products of the listed channels of a pixel
  // under one tap.
  void DefineSums() {
    const Expr filter = block_ * across_ + k_;
    packed_(k_, c_, b_, a_, block_) = problem_.transposed ? w_({a_, b_, filter, c_}) : w_({a_, b_, c_, filter});
    tap_ = RDom(0, conv_.window.size[1], 0, conv_.window.size[0], "tap");
    const SourcePixel y = Source(0, at_.y, tap_.y), x = Source(1, at_.x, tap_.x);
    tap_.where(y.exists && x.exists);
    r_ = RDom(0, problem_.channels, "r");
    r_.where(r_ < lists_.Count(0, px_, py_, at_.n));  // becomes the bound of the loop
    const Expr channel = lists_.Entry(r_, 0, px_, py_, at_.n);
    list_sum_(k_, px_, py_, b_, a_, block_, at_.n) = 0.0f;
    list_sum_(k_, px_, py_, b_, a_, block_, at_.n) +=
        image_({at_.n, py_, px_, channel}) * packed_(k_, channel, b_, a_, block_);
    sum_(k_, at_.x, at_.y, block_, at_.n) = 0.0f;
    sum_(k_, at_.x, at_.y, block_, at_.n) += list_sum_(k_, x.index, y.index, tap_.x, tap_.y, block_, at_.n);
  }

  // A task is some rows of an image, for which it makes the lists of the image.
  void ScheduleLoops(Func& out) {
    const int height = problem_.height, width = problem_.width, filters = problem_.filters;
    const int lines = std::clamp(static_cast<int>(context_.l1_bytes / 2) / (width * across_ * 4), 1, height);
    Var chunk, line, group, filter;
    out.bound(at_.c, 0, filters).bound(at_.x, 0, width).bound(at_.y, 0, height).bound(at_.n, 0, context_.rows);
    out.split(at_.c, group, filter, across_).split(at_.y, chunk, line, lines, TailStrategy::GuardWithIf);
    out.reorder(filter, at_.x, line, group, chunk, at_.n).vectorize(filter, context_.lanes).unroll(filter);
    const std::vector<Loop> loops = {
        {at_.n, context_.batch_size}, {chunk, CeilDiv(height, lines)}, {group, filters / across_}};
    const Task task = Parallel(out, loops);
    lists_.Schedule(out, task.At(loops, 0));
    sum_.compute_at(out, task.At(loops, 2))
        .store_in(kOnStack)
        .bound_extent(k_, across_)
        .vectorize(k_, context_.lanes)
        .unroll(k_);
    sum_.update().reorder(k_, at_.x, at_.y, tap_.x, tap_.y).vectorize(k_, context_.lanes).unroll(k_);
    list_sum_.compute_at(sum_, at_.x).vectorize(k_, context_.lanes).unroll(k_);
    list_sum_.update().reorder(k_, r_).vectorize(k_, context_.lanes).unroll(k_);
  }

  void ScheduleWeights() {
    packed_.compute_root()
        .bound(k_, 0, across_)
        .bound(c_, 0, problem_.channels)
        .bound(b_, 0, conv_.window.size[1])
        .bound(a_, 0, conv_.window.size[0])
        .bound(block_, 0, problem_.filters / across_);
    Var weights;
    packed_.vectorize(k_, context_.lanes).fuse(a_, block_, weights).parallel(weights);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const SparseConvProblem problem_;
  const ConvProblem& conv_;
  const Tensor image_, w_;
  const int across_;  // filters of a block
  PixelLists lists_;
  const ImageAxes at_ = AxesOfImage();
  const Var k_{"k"}, c_{"c"}, b_{"b"}, a_{"a"}, block_{"block"};  // filter of a block, channel, column and row of a tap
  const Var px_{"px"}, py_{"py"};                                 // the pixel of the operand
  Func packed_{"packed"}, list_sum_{"walked"}, sum_{"sum"};
  RDom tap_, r_;
};

}  // namespace

std::string CanSparseConv(const KernelSpec& spec, const Machine& machine) {
  const SparseConvProblem problem = SparseConvProblemOf(spec);
  if (std::string reason = NeedsOneGroup(problem.conv); !reason.empty()) return reason;
  if (!spec.IsParameter(spec.operand(0))) return "its operand is computed in the kernel";
  if (problem.transposed) {
    if (std::string reason = NeedsNoDilation(problem.conv); !reason.empty()) return reason;
  }
  if (problem.filters % machine.lanes != 0) return "its filters do not fill vectors";
  const int64_t most = 4 * machine.l1_bytes;
  if (int64_t{problem.width} * FilterVectors(problem, machine) * machine.lanes * 4 > most)
    return "sums of a line do not fit a task's stack";
  if (PixelLists::Bytes(problem.channels, int64_t{problem.image_height} * problem.image_width) > most)
    return "lists of an image do not fit a task's stack";
  return "";
}

Work CostSparseConv(const KernelSpec& spec, const Machine& machine) {
  const SparseConvProblem problem = SparseConvProblemOf(spec);
  const double share = spec.IsSparse(spec.operand(0)) ? kNonzeroShare : 1;
  Work work = CommonWork(spec);
  work.sparse_products = share * problem.conv.products();
  if (FilterVectors(problem, machine) < kMinFilterVectors) work.sparse_products *= 2;
  work.tested = Elements(spec, spec.operand(0));
  // Sums are loaded and stored once for each tap.
  const double taps = problem.conv.window.size[0] * problem.conv.window.size[1];
  work.cache_bytes = 8 * taps * Elements(spec, spec.sums());
  return work;
}

ScheduledKernel BuildSparseConv(KernelBuilder& builder) { return SparseConv(builder).Build(); }

}  // namespace brine::codegen
