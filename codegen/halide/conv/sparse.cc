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

ScheduledKernel BuildSparseConv(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const SparseConvProblem problem = SparseConvProblemOf(spec);
  const ConvProblem& conv = problem.conv;
  const bool transposed = problem.transposed;
  const int height = problem.height, width = problem.width, filters = problem.filters, channels = problem.channels;
  const Tensor image = builder.Read(spec.operand(0)), w = builder.Read(spec.operand(1));
  const auto weight = [&](const Expr& a, const Expr& b, const Expr& c, const Expr& f) {
    return problem.transposed ? w({a, b, f, c}) : w({a, b, c, f});
  };
  const int across = context.lanes * FilterVectors(problem, context);
  PixelLists lists = MakeLists(image);

  const ImageAxes at = AxesOfImage();
  const Var k("k"), c("c"), b("b"), a("a"), block("block");
  Func packed("packed"), walked("walked"), sum("sum");
  packed(k, c, b, a, block) = weight(a, b, c, block * across + k);
  RDom tap(0, conv.window.size[1], 0, conv.window.size[0], "tap");
  const auto source = [&](int axis, const Expr& place, const RVar& tap_of_axis) -> SourcePixel {
    const int extent = static_cast<int>(image.type.shape[static_cast<size_t>(axis) + 1]),
              stride = conv.window.stride[axis];
    const Expr back = place + conv.window.before[axis] - tap_of_axis;
    const Expr index = transposed
                           ? back / stride
                           : place * stride + tap_of_axis * conv.window.dilation[axis] - conv.window.before[axis];
    const Expr inside = index >= 0 && index < extent;
    return {Halide::clamp(index, 0, extent - 1), transposed && stride > 1 ? inside && back % stride == 0 : inside};
  };
  const SourcePixel y = source(0, at.y, tap.y), x = source(1, at.x, tap.x);
  tap.where(y.exists && x.exists);
  // The pixel of the operand.
  const Var px("px"), py("py");
  RDom r(0, channels, "r");
  r.where(r < lists.Count(0, px, py, at.n));  // becomes the bound of the loop
  const Expr channel = lists.Entry(r, 0, px, py, at.n);
  walked(k, px, py, b, a, block, at.n) = 0.0f;
  walked(k, px, py, b, a, block, at.n) += image({at.n, py, px, channel}) * packed(k, channel, b, a, block);
  sum(k, at.x, at.y, block, at.n) = 0.0f;
  sum(k, at.x, at.y, block, at.n) += walked(k, x.index, y.index, tap.x, tap.y, block, at.n);
  const Expr element = sum(at.c % across, at.x, at.y, at.c / across, at.n);
  Func out = MakeFunc("out", Axes(4), builder.ResultsAt(spec.sums(), element));
  builder.AddOutput(out, spec.results);

  const int lines = std::clamp(static_cast<int>(context.l1_bytes / 2) / (width * across * 4), 1, height);
  Var chunk, line, group, filter;
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, context.rows);
  out.split(at.c, group, filter, across).split(at.y, chunk, line, lines, TailStrategy::GuardWithIf);
  out.reorder(filter, at.x, line, group, chunk, at.n).vectorize(filter, context.lanes).unroll(filter);
  const std::vector<Loop> loops = {
      {at.n, context.batch_size}, {chunk, CeilDiv(height, lines)}, {group, filters / across}};
  const Task task = Parallel(out, loops);
  lists.Schedule(out, task.At(loops, 0));
  sum.compute_at(out, task.At(loops, 2))
      .store_in(kOnStack)
      .bound_extent(k, across)
      .vectorize(k, context.lanes)
      .unroll(k);
  sum.update().reorder(k, at.x, at.y, tap.x, tap.y).vectorize(k, context.lanes).unroll(k);
  walked.compute_at(sum, at.x).vectorize(k, context.lanes).unroll(k);
  walked.update().reorder(k, r).vectorize(k, context.lanes).unroll(k);
  packed.compute_root()
      .bound(k, 0, across)
      .bound(c, 0, channels)
      .bound(b, 0, conv.window.size[1])
      .bound(a, 0, conv.window.size[0])
      .bound(block, 0, filters / across);
  Var weights;
  packed.vectorize(k, context.lanes).fuse(a, block, weights).parallel(weights);
  ScheduledKernel kernel = builder.Finish();
  kernel.sparse = spec.operand(0);
  return kernel;
}

}  // namespace brine::codegen
