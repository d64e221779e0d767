// Convolutions in which each channel has filters of its own, and their gradients.  For `multiplier` filters a channel:
//   y[n, i, j, f] = Σ over taps a, b of x[n, i·stride + a·dilation − pad, j·…, f / multiplier] · w[a, b, 0, f]
// There are too few products for each element for register tiles to pay as in *direct*: the kernels are bound by
// memory. Vectors lie along the channels.  A task copies some rows of an image, with their border, onto its stack, and
// all taps read them there; so an image is read from memory once, and no loop tests whether a tap is inside it.
#ifndef BRINE_CODEGEN_HALIDE_CONV_DEPTHWISE_H_
#define BRINE_CODEGEN_HALIDE_CONV_DEPTHWISE_H_

#include <array>
#include <string>
#include <vector>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *depthwise*, the forward convolution and the input gradient.
std::string CanDepthwise(const KernelSpec& spec, const Machine& machine);
Work CostDepthwise(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDepthwise(KernelBuilder& builder);

// *depthwise*, the weight gradient; see depthwise_weight_grad.cc.
std::string CanDepthwiseWeightGrad(const KernelSpec& spec, const Machine& machine);
Work CostDepthwiseWeightGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDepthwiseWeightGrad(KernelBuilder& builder);

// ---- Shared by both

// Why the convolution is not depthwise, or has too many taps, as a clause; empty if neither.
std::string NeedsDepthwise(const ConvProblem& problem);

inline int ChannelMultiplier(const ConvProblem& problem) { return problem.filters / problem.channels; }

// How channels are cut: into blocks of some vectors.  The last block is shifted inwards.
struct ChannelBlocks {
  int lanes, vectors, count;
  int channels() const { return lanes * vectors; }
};
ChannelBlocks CutChannels(int channels, const Machine& machine);

// The image that the taps read along one axis, and where: the result at q·phases + phase reads the image at
// q·step + shift for each of taps[phase].  The image begins with `before` zeros, which `shift` counts.
struct TapAxis {
  struct Tap {
    int tap, shift;
  };
  int phases, step;
  int before, size;  // size: of the image with its border
  std::vector<std::vector<Tap>> taps;

  int Quotients(int result_extent) const { return CeilDiv(result_extent, phases); }
};
TapAxis TapAxisOf(const ConvProblem& problem, int axis);

// The image that taps read: operand `operand` of the hero with its border, each channel repeated `repeats` times.  If
// this needs no copy, it is the operand itself, and `is_copy` is false.
struct TapImage {
  Tensor tensor;
  bool is_copy;

  // Copies the rows that an iteration of the loop `level` reads onto the task's stack.
  void Schedule(const Halide::LoopLevel& level, const ChannelBlocks& blocks);
};
TapImage MakeTapImage(KernelBuilder& builder, int operand, const TapAxis (&axes)[2], int repeats);

// How many of `rows` a task computes at a time, a divisor of it: the image that they read, `bytes_per_row` for each,
// stays in the second-level cache.
int RowsPerChunk(int rows, int64_t bytes_per_row, const Machine& machine);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_DEPTHWISE_H_
