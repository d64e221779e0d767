// What the direct strategies share that compute convolutions in groups:
//   y[n, i, j, f] = Σ over a, b, c of x[n, …, …, g·C + c] · w[a, b, c, f]   for filter f of group g, with C channels
//
// If the filters of a group fill registers, a vector has filters of one group, whose lanes all multiply the same
// channel.  If they are fewer, several groups share a vector, in which each lane multiplies a channel of its own group.
// Such a vector of channels is put together from one element of each group, so the sums of a register tile share it
// between the taps of a row of the kernel, whose loop is unrolled.
//
// For the input gradient, the channels are the filters of the convolution, and the other way round.
#ifndef BRINE_CODEGEN_HALIDE_CONV_GROUPS_H_
#define BRINE_CODEGEN_HALIDE_CONV_GROUPS_H_

#include <array>
#include <functional>
#include <string>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// The vectors of filters of a convolution.
struct FilterVectors {
  int groups;
  int filters, channels;  // of a group
  int lanes;              // of a vector

  int GroupsPerVector() const;
  bool are_shared() const { return GroupsPerVector() > 1; }
  int TileFilters() const;  // that may be in a tile: those whose sums read the same channels
  double LaneUtilization(const Machine& machine) const;  // the share of a register's lanes that hold filters

  LoopContext InContext(const LoopContext& context) const;  // `context` with the lanes of these vectors

  // What filter `filter` multiplies: `element` of the channel whose number in the filter's group is `channel`.
  Halide::Expr Operand(const Halide::Expr& filter, const Halide::Expr& channel,
                       const std::function<Halide::Expr(const Halide::Expr& channel)>& element) const;

  // The operations that put the operands of shared vectors together, if each serves `uses` of the multiply-adds.
  double OperandOperations(double products, double uses) const;
};

// How many taps of a row of the kernel read the same pixel, on average.
double TapsOfPixel(const Window& window);

FilterVectors FilterVectorsOf(const ConvProblem& conv, const Machine& machine);

// Why the groups do not have enough filters for vectors, as a clause; empty if they have, or if there is one group.
std::string NeedsFilledVectors(const FilterVectors& vectors);

// The image that is convolved, with its border.  If a vector holds whole groups, their channels are copied by the task
// that computes its sums.  In such a copy they are contiguous, and the copy does not cross memory, which would
// take as long as the few products of such groups.
class GroupImage {
 public:
  GroupImage(const KernelBuilder& builder, const Tensor& image, const int (&before)[2], const std::array<int, 2>& size,
             const FilterVectors& vectors);

  const Tensor& tensor() const { return image_.tensor; }
  bool is_copied_in_task() const { return image_.is_copy; }

  // Schedules the copy, if there is one, inside `loop` of `reader`.  An iteration reads one image for one vector.
  void Schedule(Halide::Func& reader, const Halide::VarOrRVar& loop);

 private:
  const KernelBuilder& builder_;
  const std::array<int, 2> size_;
  const int channels_;  // of a vector
  BorderedImage image_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_GROUPS_H_
