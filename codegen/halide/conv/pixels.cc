#include "codegen/halide/conv/pixels.h"

#include <algorithm>

#include "codegen/halide/conv/problem.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kMaxTileVectors = 4;

// The convolution that is computed: of x with w, or, for the input gradient, of dy with the kernel rotated by 180
// degrees.
struct PlaneProblem {
  bool is_rotated;
  int taps[2], dilation[2];
  int before[2];          // rows and columns of zeros before the image
  int height, width;      // of the sums
  int channels, filters;  // of the image, and of the sums
  int64_t batch;

  int Reach(int axis) const { return (taps[axis] - 1) * dilation[axis]; }
};

PlaneProblem PlaneProblemOf(const KernelSpec& spec) {
  const ConvProblem conv = ConvProblemOf(spec);
  const Window& window = conv.window;
  PlaneProblem problem = {.is_rotated = conv.direction == ConvDirection::kInputGrad,
                          .taps = {window.size[0], window.size[1]},
                          .dilation = {window.dilation[0], window.dilation[1]},
                          .before = {window.before[0], window.before[1]},
                          .height = conv.rows,
                          .width = conv.columns,
                          .channels = conv.channels,
                          .filters = conv.filters,
                          .batch = conv.batch};
  if (!problem.is_rotated) return problem;
  for (int axis : {0, 1}) problem.before[axis] = problem.Reach(axis) - window.before[axis];
  problem.height = conv.height;
  problem.width = conv.width;
  std::swap(problem.channels, problem.filters);
  return problem;
}

struct PlanePlan {
  int tile_vectors, tile_rows, tile_filters;  // of a register tile
  int tile_count;                             // along a row
  int rows_per_chunk;                         // of the sums, for which a task makes the planes at a time
};

// The bytes of the planes for `rows` rows of the sums.
int64_t PlaneBytes(const PlaneProblem& problem, const PlanePlan& plan, int rows, const Machine& machine) {
  const int64_t columns = int64_t{plan.tile_count} * plan.tile_vectors * machine.lanes + problem.Reach(1);
  return 4 * problem.channels * columns * (rows + problem.Reach(0));
}

PlanePlan PlanPlanes(const PlaneProblem& problem, const Machine& machine) {
  PlanePlan plan;
  const int vectors = CeilDiv(problem.width, machine.lanes);
  plan.tile_count = CeilDiv(vectors, kMaxTileVectors);
  plan.tile_vectors = CeilDiv(vectors, plan.tile_count);
  const int most_sums = machine.registers - kOperandRegisters;
  const int most_filters = std::max(most_sums / plan.tile_vectors, 1);
  plan.tile_filters = CeilDiv(problem.filters, CeilDiv(problem.filters, most_filters));
  plan.rows_per_chunk = 1;
  for (int rows = 2; rows <= problem.height; ++rows) {
    if (problem.height % rows == 0 && PlaneBytes(problem, plan, rows, machine) <= machine.l2_bytes / 4)
      plan.rows_per_chunk = rows;
  }
  plan.tile_rows = 1;
  for (int rows = 2; rows * plan.tile_vectors * plan.tile_filters <= most_sums; ++rows) {
    if (plan.rows_per_chunk % rows == 0) plan.tile_rows = rows;
  }
  return plan;
}

class Pixels {
 public:
  explicit Pixels(KernelBuilder& builder)
      : builder_(builder),
        context_(builder.context()),
        problem_(PlaneProblemOf(builder.spec())),
        plan_(PlanPlanes(problem_, context_)),
        image_(problem_.is_rotated ? builder.TrimmedImage(0) : builder.Read(builder.spec().operand(0))),
        weights_(builder.Read(builder.spec().operand(1))) {}

  ScheduledKernel Build() {
    const ImageAxes axes = AxesOfImage();
    DefineSums();
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(ToIndex(Axes(4)), [&](int, int) {
      return sum_(axes.x, axes.c, axes.y, axes.n);
    }));
    builder_.AddOutput(out, builder_.spec().results);
    Schedule(out);
    return builder_.Finish();
  }

 private:
  int tile_width() const { return plan_.tile_vectors * context_.lanes; }

  // The weight of a tap of the kernel as it is applied.
  Expr Weight(const Expr& tap_row, const Expr& tap_column, const Expr& channel, const Expr& filter) const {
    if (!problem_.is_rotated) return weights_({tap_row, tap_column, channel, filter});
    return weights_({problem_.taps[0] - 1 - tap_row, problem_.taps[1] - 1 - tap_column, filter, channel});
  }

  void DefineSums() {
    const int rows = plan_.rows_per_chunk;
    plane_(pixel_, row_, channel_, chunk_, n_) =
        PixelOrZero(image_, n_, chunk_ * rows + row_ - problem_.before[0], pixel_ - problem_.before[1], channel_);
    r_ = RDom(0, problem_.channels, 0, problem_.taps[1], 0, problem_.taps[0], "r");
    sum_(pixel_, filter_, y_, n_) = 0.0f;
    sum_(pixel_, filter_, y_, n_) +=
        Weight(r_.z, r_.y, r_.x, Halide::min(filter_, problem_.filters - 1)) *
        plane_(pixel_ + r_.y * problem_.dilation[1], y_ % rows + r_.z * problem_.dilation[0], r_.x, y_ / rows, n_);
  }

  void Schedule(Func& out) {
    const ImageAxes axes = AxesOfImage();
    const int lanes = context_.lanes, rows = plan_.rows_per_chunk;
    BoundImage(out, problem_.height, problem_.width, problem_.filters, context_.batch_extent);
    Var tile, vector, pixel, filter_tile, filter, chunk, y, row;
    out.split(axes.x, tile, pixel, tile_width(), TailStrategy::GuardWithIf).split(pixel, vector, pixel, lanes);
    out.split(axes.c, filter_tile, filter, plan_.tile_filters, TailStrategy::GuardWithIf);
    out.split(axes.y, chunk, y, rows).split(y, y, row, plan_.tile_rows);
    out.reorder({pixel, filter, vector, row, filter_tile, tile, y, chunk, axes.n}).vectorize(pixel);
    const std::vector<Loop> loops = {{axes.n, context_.batch_size}, {chunk, problem_.height / rows}};
    const ParallelLoop parallel = ParallelizeOuterLoops(out, loops, context_);
    sum_.compute_at(out, filter_tile)
        .bound_extent(pixel_, tile_width())
        .bound_extent(filter_, plan_.tile_filters)
        .bound_extent(y_, plan_.tile_rows)
        .vectorize(pixel_, lanes)
        .unroll(pixel_)
        .unroll(filter_)
        .unroll(y_);
    sum_.update()
        .reorder(pixel_, filter_, y_, r_.x, r_.y, r_.z)
        .vectorize(pixel_, lanes)
        .unroll(pixel_)
        .unroll(filter_)
        .unroll(y_);
    plane_.compute_at(out, parallel.LoopAfterFusion(chunk))
        .store_in(kOnStack)
        .bound_extent(pixel_, plan_.tile_count * tile_width() + problem_.Reach(1))
        .bound_extent(row_, rows + problem_.Reach(0))
        .bound_extent(channel_, problem_.channels)
        .vectorize(pixel_, lanes, TailStrategy::GuardWithIf);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const PlaneProblem problem_;
  const PlanePlan plan_;
  const Tensor image_, weights_;
  const Var pixel_{"pixel"}, row_{"row"}, channel_{"channel"}, filter_{"filter"}, chunk_{"chunk"}, y_{"y"}, n_{"n"};
  Func plane_{"plane"}, sum_{"sum"};
  RDom r_;
};

}  // namespace

Expr PixelOrZero(const Tensor& image, const Expr& n, const Expr& y, const Expr& x, const Expr& channel) {
  const int height = static_cast<int>(image.type.shape[1]), width = static_cast<int>(image.type.shape[2]);
  return Halide::select(IsInside(y, height) && IsInside(x, width),
                        image({n, Halide::clamp(y, 0, height - 1), Halide::clamp(x, 0, width - 1), channel}), 0.0f);
}

std::string CanPixels(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsOneGroup(conv); !reason.empty()) return reason;
  if (std::string reason = NeedsUnitStrides(conv); !reason.empty()) return reason;
  const PlaneProblem problem = PlaneProblemOf(spec);
  if (problem.filters >= machine.lanes) return "its results fill a vector at each pixel";
  const PlanePlan plan = PlanPlanes(problem, machine);
  if (PlaneBytes(problem, plan, plan.rows_per_chunk, machine) > kMaxPlaneBytes)
    return "the planes of a row do not fit a task's stack";
  return "";
}

Work CostPixels(const KernelSpec& spec, const Machine& machine) {
  const PlaneProblem problem = PlaneProblemOf(spec);
  const PlanePlan plan = PlanPlanes(problem, machine);
  Work work = CommonWork(spec);
  AddPrologueWork(spec, work);
  const double width = plan.tile_count * plan.tile_vectors * machine.lanes,
               filters = CeilDiv(problem.filters, plan.tile_filters) * plan.tile_filters,
               pixels = double{1} * problem.batch * problem.height * width;
  work.products = pixels * filters * problem.channels * problem.taps[0] * problem.taps[1];
  work.tile_utilization = kPixelUtilization;
  // Results are stored one by one, and the planes are loaded so.
  work.gather_operations += pixels * (problem.filters + problem.channels);
  return work;
}

ScheduledKernel BuildPixels(KernelBuilder& builder) { return Pixels(builder).Build(); }

}  // namespace brine::codegen
