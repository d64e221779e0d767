#include "codegen/halide/conv/phases.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/strategies.h"
#include "ir/op.h"
#include "ir/status.h"
#include "passes/kernel_query.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;

namespace {

// How many times as many pixels as the images the phases may have, with their borders.
constexpr int64_t kMaxGrowth = 4;

// The convolution between phases, as the only node of a kernel.
struct PhaseConv {
  std::unique_ptr<ir::Graph> graph;
  KernelSpec spec;  // of `graph`
};

// One axis of the phases.
struct PhaseAxis {
  int LargestExtent() const { return std::max(x, y); }

  int x, y;                            // the extents of phases of x and y
  int border;                          // the padding of the convolution between them
  int zeros_before_x, zeros_before_y;  // that phases have before the first pixel, in pixels of the image
};

PhaseAxis PhaseAxisOf(const ConvProblem& conv, int axis) {
  const Window& window = conv.window;
  const int dilation = window.dilation[axis], border = window.size[axis] - 1, pad = window.before[axis];
  if (conv.direction == ConvDirection::kInputGrad) {
    const int x = CeilDiv(axis == 0 ? conv.height : conv.width, dilation);
    return {.x = x, .y = x + border, .border = border, .zeros_before_x = 0, .zeros_before_y = border * dilation - pad};
  }
  const int y = CeilDiv(axis == 0 ? conv.rows : conv.columns, dilation);
  return {.x = y + border, .y = y, .border = 0, .zeros_before_x = pad, .zeros_before_y = 0};
}

absl::StatusOr<PhaseConv> PhaseConvOf(const KernelSpec& spec) {
  const ConvProblem conv = ConvProblemOf(spec);
  const PhaseAxis vertical = PhaseAxisOf(conv, 0), horizontal = PhaseAxisOf(conv, 1);
  const ir::Shape x = {ir::kBatch, vertical.x, horizontal.x, conv.channels},
                  y = {ir::kBatch, vertical.y, horizontal.y, conv.filters};
  const auto operand_shape = [&](int operand) -> ir::Shape {
    if (operand == 0) return conv.direction == ConvDirection::kInputGrad ? y : x;
    return conv.direction == ConvDirection::kWeightGrad ? y : spec.shape(spec.operand(operand));
  };
  auto graph = std::make_unique<ir::Graph>();
  graph->stage = ir::Stage::kFused;
  graph->batch_size = spec.batch_size() * conv.window.dilation[0] * conv.window.dilation[1];
  ir::Node kernel;
  for (int operand = 0; operand < 2; ++operand) {
    kernel.inputs.push_back(graph->AddValue("operand", {ir::DType::kF32, operand_shape(operand)}));
    const ir::Node* const producer = spec.Producer(spec.operand(operand));
    const bool is_pool_gradient = producer != nullptr && producer->op->argmax_operand >= 0;
    if (spec.IsSparse(spec.operand(operand)) || is_pool_gradient) kernel.sparse.push_back(operand);
  }
  const ir::Attributes attributes = ir::PlainAttributes(
      *spec.hero, {vertical.border, horizontal.border, vertical.border, horizontal.border}, vertical.x, horizontal.x);
  BRINE_ASSIGN_OR_RETURN(kernel.outputs, graph->AddNode(*spec.hero->op, kernel.inputs, attributes, {}));
  kernel.body = std::exchange(graph->nodes, {});
  graph->nodes.push_back(std::move(kernel));
  const KernelSpec phases = MakeSpec(*graph);
  return PhaseConv{std::move(graph), phases};
}

// The best strategy for the convolution between phases, or nothing.  *generic* would not be better than without phases.
std::optional<Candidate> BestCandidate(const PhaseConv& phases, const Machine& machine) {
  for (const Candidate& candidate : Candidates(phases.spec, machine, "")) {
    if (candidate.reason.empty() && candidate.strategy->form != nullptr) return candidate;
  }
  return std::nullopt;
}

// Builds the kernel: the phases of the operands, the convolution between them, and the results from its sums.
class PhaseBuilder {
 public:
  explicit PhaseBuilder(KernelBuilder& builder)
      : builder_(builder),
        spec_(builder.spec()),
        conv_(ConvProblemOf(spec_)),
        phases_(*PhaseConvOf(spec_)),
        context_(builder.context()) {
    context_.batch_size = phases_.spec.batch_size();
    context_.batch_extent = builder.context().batch_extent * phase_count();
  }

  ScheduledKernel Build() {
    KernelBuilder phase_builder(phases_.spec, context_,
                                {{phases_.spec.operand(0), PhasesOf(0)}, {phases_.spec.operand(1), PhasesOf(1)}});
    const ScheduledKernel convolution = BestCandidate(phases_, context_)->strategy->build(phase_builder);
    Func sums = convolution.pipeline.outputs()[0];
    sums.compute_root();
    MakeResults(sums);
    ScheduledKernel kernel = builder_.Finish();
    if (convolution.sparse != ir::kNoValue)
      kernel.sparse = spec_.operand(convolution.sparse == phases_.spec.operand(0) ? 0 : 1);
    return kernel;
  }

 private:
  int dilation(int axis) const { return conv_.window.dilation[axis]; }
  int phase_count() const { return dilation(0) * dilation(1); }

  // The phases of an operand that is an image, as a Func in memory; any other operand as it is.
  Tensor PhasesOf(int operand) {
    const Tensor image = builder_.Read(spec_.operand(operand));
    const ir::Shape& shape = phases_.spec.shape(phases_.spec.operand(operand));
    if (shape[0] != ir::kBatch) return image;
    const bool is_x = operand == 0 && conv_.direction != ConvDirection::kInputGrad;
    Expr is_inside = Halide::Internal::const_true();
    const auto source = [&](const Expr& position, const Expr& phase, int axis) {
      const int extent = static_cast<int>(image.type.shape[static_cast<size_t>(axis) + 1]);
      const PhaseAxis phases = PhaseAxisOf(conv_, axis);
      const Expr pixel = position * dilation(axis) + phase - (is_x ? phases.zeros_before_x : phases.zeros_before_y);
      is_inside = is_inside && IsInside(pixel, extent);
      return Halide::clamp(pixel, 0, extent - 1);
    };
    const ImageAxes axes = AxesOfImage();
    const Expr y = source(axes.y, axes.n / dilation(1) % dilation(0), 0), x = source(axes.x, axes.n % dilation(1), 1);
    const Expr pixel = image({axes.n / phase_count(), y, x, axes.c});
    LoopNest nest = {MakeFunc("phases", Axes(4), {Halide::select(is_inside, pixel, 0.0f)}), shape, {}};
    Schedule(nest, context_);
    return {{image.type.dtype, shape}, nest.func, -1};
  }

  void MakeResults(Func& sums) {
    const ImageAxes axes = AxesOfImage();
    WindowSum sum = [&](int row, int column) {
      const Expr y = axes.y * conv_.pool_rows + row, x = axes.x * conv_.pool_columns + column;
      const Expr phase = y % dilation(0) * dilation(1) + x % dilation(1);
      return Expr(sums(axes.c, x / dilation(1), y / dilation(0), axes.n * phase_count() + phase));
    };
    if (conv_.direction == ConvDirection::kWeightGrad)
      sum = [&](int, int) { return Expr(sums(Reversed(Axes(4)))); };
    else
      sums.bound_storage(axes.n, static_cast<int>(context_.batch_size));
    LoopNest nest = {
        MakeFunc("out", Axes(4), builder_.LowerEpilogue(ToIndex(Axes(4)), sum)), spec_.shape(spec_.results[0]), {}};
    nest.is_output = true;
    builder_.AddOutput(nest.func, spec_.results);
    Schedule(nest, builder_.context());
  }

  KernelBuilder& builder_;
  const KernelSpec& spec_;
  const ConvProblem conv_;
  const PhaseConv phases_;
  LoopContext context_;  // of the convolution between phases
};

}  // namespace

std::string CanPhases(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (NeedsNoDilation(conv).empty()) return "its taps are adjacent";
  if (std::string reason = NeedsUnitStrides(conv); !reason.empty()) return reason;
  const PhaseAxis vertical = PhaseAxisOf(conv, 0), horizontal = PhaseAxisOf(conv, 1);
  const int64_t phase_count = int64_t{conv.window.dilation[0]} * conv.window.dilation[1],
                pixels = std::max(int64_t{conv.height} * conv.width, int64_t{conv.rows} * conv.columns);
  if (phase_count * vertical.LargestExtent() * horizontal.LargestExtent() > kMaxGrowth * pixels)
    return "its phases would be borders for the most part";
  const absl::StatusOr<PhaseConv> phases = PhaseConvOf(spec);
  if (!phases.ok()) return std::string(phases.status().message());
  if (!BestCandidate(*phases, machine)) return "no strategy can build the convolution between phases";
  return "";
}

Work CostPhases(const KernelSpec& spec, const Machine& machine) {
  const PhaseConv phases = *PhaseConvOf(spec);
  Work work = BestCandidate(phases, machine)->strategy->cost(phases.spec, machine);
  work.elementwise_operations += CommonWork(spec).elementwise_operations;
  work.memory_bytes += static_cast<double>(passes::KernelBytes(phases.spec.graph, phases.spec.kernel));
  AddPrologueWork(spec, work);
  work.extra_loops += 2;
  return work;
}

ScheduledKernel BuildPhases(KernelBuilder& builder) { return PhaseBuilder(builder).Build(); }

}  // namespace brine::codegen
