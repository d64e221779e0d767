#include "codegen/halide/conv/groups.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;

namespace {

constexpr int kMinLanes = 4;  // with shorter vectors, *generic* is as fast
constexpr int64_t kMaxTaskImageBytes = 512 << 10;

}  // namespace

int FilterVectors::GroupsPerVector() const { return groups == 1 ? 1 : std::max(lanes / filters, 1); }

int FilterVectors::TileFilters() const { return groups == 1 ? filters : std::max(lanes, filters); }

double FilterVectors::LaneUtilization(const Machine& machine) const {
  if (groups > 1) return double{1} * lanes / machine.lanes;
  return double{1} * filters / (CeilDiv(filters, machine.lanes) * machine.lanes);
}

LoopContext FilterVectors::InContext(const LoopContext& context) const {
  LoopContext result = context;
  result.lanes = lanes;
  return result;
}

Expr FilterVectors::Operand(const Expr& filter, const Expr& channel,
                            const std::function<Expr(const Expr& channel)>& element) const {
  if (groups == 1) return element(channel);
  // Halide sees that the lanes of a vector read the same channels if the group is that of the first lane.
  const Expr first_channel = filter / lanes * lanes / filters * channels + channel;
  Expr operand = element(first_channel);
  for (int group = 1; group < GroupsPerVector(); ++group)
    operand = Halide::select(filter % lanes < group * filters, operand, element(first_channel + group * channels));
  return operand;
}

double FilterVectors::OperandOperations(double products, double uses) const {
  return (GroupsPerVector() - 1) * products / uses;
}

double TapsOfPixel(const Window& window) { return std::max(1.0, double{1} * window.size[1] / window.stride[1]); }

FilterVectors FilterVectorsOf(const ConvProblem& conv, const Machine& machine) {
  FilterVectors vectors = {.groups = conv.groups,
                           .filters = conv.filters / conv.groups,
                           .channels = conv.channels / conv.groups,
                           .lanes = machine.lanes};
  if (conv.direction == ConvDirection::kInputGrad) std::swap(vectors.filters, vectors.channels);
  if (conv.groups == 1) return vectors;
  const int all_filters = vectors.filters * conv.groups;
  vectors.lanes = LanesInGroup(all_filters, conv.groups, machine);
  if (vectors.lanes == vectors.filters) {
    while (vectors.lanes < machine.lanes && all_filters % (2 * vectors.lanes) == 0) vectors.lanes *= 2;
  }
  return vectors;
}

std::string NeedsFilledVectors(const FilterVectors& vectors) {
  if (vectors.groups == 1 || (vectors.lanes >= kMinLanes && vectors.filters >= kMinLanes)) return "";
  return "its groups do not fill vectors of four";
}

GroupImage::GroupImage(const KernelBuilder& builder, const Tensor& image, const int (&before)[2],
                       const std::array<int, 2>& size, const FilterVectors& vectors)
    : builder_(builder), size_(size), channels_(vectors.GroupsPerVector() * vectors.channels) {
  const bool has_whole_groups = vectors.groups > 1 && vectors.lanes >= vectors.filters;
  if (has_whole_groups && int64_t{4} * size[0] * size[1] * channels_ <= kMaxTaskImageBytes)
    image_ = builder.WithBorderInTask(image, before, size);
  else
    image_ = {builder.WithBorder(image, before, size), false};
}

void GroupImage::Schedule(Halide::Func& reader, const Halide::VarOrRVar& loop) {
  builder_.CopyInTask(image_, reader, loop, 1, size_[0], size_[1], channels_);
}

}  // namespace brine::codegen
